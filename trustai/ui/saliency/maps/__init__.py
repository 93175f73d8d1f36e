"""The maps of one picture: computed and kept, drawn, stopped, and told in a sentence."""
