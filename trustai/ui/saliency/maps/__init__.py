"""The maps of one picture: computed and kept, drawn, and told in a sentence."""
