"""Why a model decided as it did: pictures in `image`, tables in `tabular`."""
