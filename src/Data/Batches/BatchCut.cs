namespace ResearchFreeze.Data;

/// <summary>
/// Some of the parts of every batch, each read as a batch of its own: a rank's share of data-parallel training. Parts are as equal as can be, follow one another, and the first is never empty; of a batch of fewer samples than
/// parts some are, and are not read.
/// </summary>
/// <param name="Parts">Into how many parts a batch is cut.</param>
/// <param name="First">The first part that is read.</param>
/// <param name="End">The one behind the last that is read.</param>
public sealed record BatchCut(int Parts, int First, int End)
{
    /// <summary>Into how many parts a batch is cut.</summary>
    public int Parts { get; } = Parts > 0 ? Parts : throw new ArgumentOutOfRangeException(nameof(Parts), $"A batch is cut into 1 part or more, found {Parts}.");

    /// <summary>The first part that is read.</summary>
    public int First { get; } = First >= 0 ? First : throw new ArgumentOutOfRangeException(nameof(First), $"Parts count from 0, found {First}.");

    /// <summary>The one behind the last that is read.</summary>
    public int End { get; } = End >= First && End <= Parts ? End : throw new ArgumentOutOfRangeException(nameof(End), $"Parts [{First}, {End}) are not among {Parts}.");

    /// <summary>A rank's parts of as many as there are, in the order of the ranks.</summary>
    public static BatchCut Of(int parts, int rank, int ranks) => new(parts, StartOf(parts, ranks, rank), StartOf(parts, ranks, rank + 1));

    /// <summary>How many parts are read.</summary>
    public int Count => End - First;

    /// <summary>Where a part of so many samples begins.</summary>
    public int StartOf(int samples, int part) => StartOf(samples, Parts, part);

    /// <summary>How many samples a part has.</summary>
    public int CountOf(int samples, int part) => StartOf(samples, part + 1) - StartOf(samples, part);

    /// <summary>Rounded up, so that the first has the most.</summary>
    private static int StartOf(int items, int parts, int part) => (int)((((long)items * part) + parts - 1) / parts);
}
