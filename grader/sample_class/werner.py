# The upload is an empty file.

# %% damage: emptied
