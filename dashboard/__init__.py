"""What a class looks at: Solara pages over the model. No science stands here."""
