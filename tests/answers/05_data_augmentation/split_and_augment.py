# Answers to exercise 5: split, then augment.

# %% wrong: transforms first and splits then
# loses: test_split_and_augment_sets, test_split_and_augment_edges
# says: the last 2 images, as they are
def split_and_augment(images, labels, n_validation, n_copies, transform):
    x = torch.cat([images, *(transform(images.clone()) for _ in range(n_copies))])
    y = labels.repeat(n_copies + 1)
    return x[:-n_validation], y[:-n_validation], x[-n_validation:], y[-n_validation:]


# %% wrong: versions of validation images are among the training images
# loses: test_split_and_augment_sets, test_split_and_augment_edges
# says: split first, then transform
def split_and_augment(images, labels, n_validation, n_copies, transform):
    versions = [transform(images.clone()) for _ in range(n_copies)]
    x, y = images[:-n_validation], labels[:-n_validation]
    return (
        torch.cat([x, *versions]),
        torch.cat([y, *[labels] * n_copies]),
        images[-n_validation:],
        labels[-n_validation:],
    )


# %% wrong: validation is transformed, too
# loses: test_split_and_augment_sets, test_split_and_augment_edges
# says: as they are, are for validation
def split_and_augment(images, labels, n_validation, n_copies, transform):
    x, y = images[:-n_validation], labels[:-n_validation]
    versions = [transform(x.clone()) for _ in range(n_copies)]
    held = transform(images[-n_validation:].clone())
    return torch.cat([x, *versions]), y.repeat(n_copies + 1), held, labels[-n_validation:]


# %% wrong: gives the transform the caller's memory
# loses: test_split_and_augment_sets, test_split_and_augment_edges
# says: give transform a copy
def split_and_augment(images, labels, n_validation, n_copies, transform):
    x, y = images[:-n_validation], labels[:-n_validation]
    versions = [transform(x) for _ in range(n_copies)]
    return torch.cat([x, *versions]), y.repeat(n_copies + 1), images[-n_validation:], labels[-n_validation:]


# %% wrong: the labels in another order
# loses: test_split_and_augment_sets, test_split_and_augment_edges
# says: do not belong together
def split_and_augment(images, labels, n_validation, n_copies, transform):
    x, y = images[:-n_validation], labels[:-n_validation]
    versions = [transform(x.clone()) for _ in range(n_copies)]
    y = y.repeat_interleave(n_copies + 1)
    return torch.cat([x, *versions]), y, images[-n_validation:], labels[-n_validation:]


# %% wrong: one version, several times
# loses: test_split_and_augment_sets
# says: call transform anew
def split_and_augment(images, labels, n_validation, n_copies, transform):
    x, y = images[:-n_validation], labels[:-n_validation]
    version = transform(x.clone())
    x = torch.cat([x, *[version] * n_copies])
    return x, y.repeat(n_copies + 1), images[-n_validation:], labels[-n_validation:]


# %% wrong: the images themselves are left out
# loses: test_split_and_augment_sets, test_split_and_augment_edges
# says: got 6
def split_and_augment(images, labels, n_validation, n_copies, transform):
    x, y = images[:-n_validation], labels[:-n_validation]
    versions = [transform(x.clone()) for _ in range(n_copies)]
    return torch.cat(versions), y.repeat(n_copies), images[-n_validation:], labels[-n_validation:]


# %% wrong: the first images for validation
# loses: test_split_and_augment_sets, test_split_and_augment_edges
# says: the last 2 images
def split_and_augment(images, labels, n_validation, n_copies, transform):
    x, y = images[n_validation:], labels[n_validation:]
    versions = [transform(x.clone()) for _ in range(n_copies)]
    return torch.cat([x, *versions]), y.repeat(n_copies + 1), images[:n_validation], labels[:n_validation]


# %% wrong: fails without copies
# loses: test_split_and_augment_edges
# says: non-empty
def split_and_augment(images, labels, n_validation, n_copies, transform):
    x, y = images[:-n_validation], labels[:-n_validation]
    versions = torch.cat([transform(x.clone()) for _ in range(n_copies)])
    x = torch.cat([x, versions])
    return x, y.repeat(n_copies + 1), images[-n_validation:], labels[-n_validation:]


# %% wrong: each version is made from the one before
# loses: test_split_and_augment_sets
# says: not from another version
def split_and_augment(images, labels, n_validation, n_copies, transform):
    x, y = images[:-n_validation], labels[:-n_validation]
    versions = [x]
    for _ in range(n_copies):
        versions.append(transform(versions[-1].clone()))
    return torch.cat(versions), y.repeat(n_copies + 1), images[-n_validation:], labels[-n_validation:]


# %% wrong: one call for all versions
# loses: test_split_and_augment_sets
# says: call transform anew for each version
def split_and_augment(images, labels, n_validation, n_copies, transform):
    x, y = images[:-n_validation], labels[:-n_validation]
    versions = transform(x.repeat(n_copies, 1, 1, 1)) if n_copies else x[:0]
    x = torch.cat([x, versions])
    return x, y.repeat(n_copies + 1), images[-n_validation:], labels[-n_validation:]


# %% unusual: one image at a time, all versions of an image side by side
def split_and_augment(images, labels, n_validation, n_copies, transform):
    n_train, x, y = len(images) - n_validation, [], []
    for i in range(n_train):
        x.append(images[i].clone())
        y.append(int(labels[i]))
        for _ in range(n_copies):
            x.append(transform(images[i : i + 1].clone())[0])
            y.append(int(labels[i]))
    return torch.stack(x), torch.tensor(y), images[n_train:].clone(), labels[n_train:].clone()


# %% unusual: versions first, then the images
def split_and_augment(images, labels, n_validation, n_copies, transform):
    n_train = len(images) - n_validation
    x, held = images.split([n_train, n_validation])
    y, y_held = labels.split([n_train, n_validation])
    if n_copies:
        values = [transform(x.clone()) for _ in range(n_copies)]
        return torch.cat([*values, x]), torch.cat([y] * (n_copies + 1)), held, y_held
    return x, y, held, y_held


# %% unusual: numpy
def split_and_augment(images, labels, n_validation, n_copies, transform):
    n_train = len(images) - n_validation
    x = np.concatenate(
        [images[:n_train].numpy(), *(transform(images[:n_train].clone()).numpy() for _ in range(n_copies))]
    )
    y = np.tile(labels[:n_train].numpy(), n_copies + 1)
    return torch.tensor(x), torch.tensor(y), images[n_train:], labels[n_train:]
