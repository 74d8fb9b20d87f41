namespace ResearchFreeze.Data;

/// <summary>Whether what some samples give is known, so that their values need not be read.</summary>
/// <param name="augmentationKey">Names their augmentation; 0: none.</param>
/// <param name="sampleIds">Their places in their data set.</param>
public delegate bool HasSamples(ulong augmentationKey, ReadOnlySpan<int> sampleIds);
