namespace ResearchFreeze.Autograd;

/// <summary>How many of a primitive's cases are worth their time on a device, and how large they may be. What is right does not depend on it.</summary>
/// <param name="MaxElements">Elements of the largest range.</param>
/// <param name="MaxSummed">The same where a primitive sums or multiplies: devices cut long sums into parts, which small ranges do not show.</param>
/// <param name="Drawn">Shapes drawn at random for a primitive that takes one, beside those that are written down.</param>
public sealed record CaseSizes(int MaxElements, int MaxSummed, int Drawn)
{
    /// <summary>For a device that computes: <c>freeze doctor</c>.</summary>
    public static CaseSizes Usual { get; } = new(12_288, 500_000, 10) { HasTiles = true };

    /// <summary>For one that takes milliseconds a launch.</summary>
    public static CaseSizes Small { get; } = new(260, 60, 0) { MostListed = 2, AreRepeated = false };

    /// <summary>The most of a list's cases, spread over those that fit; one is the last.</summary>
    public int MostListed { get; init; } = int.MaxValue;

    /// <summary>The most of the functions that an element-wise kernel is made for, spread over all of them.</summary>
    public int MostFunctions { get; init; } = int.MaxValue;

    /// <summary>Whether each tile of the GPU's product kernel is met, which takes products of millions of multiplications.</summary>
    public bool HasTiles { get; init; }

    /// <summary>Whether a device does all of it twice, to show the same bits.</summary>
    public bool AreRepeated { get; init; } = true;

    /// <summary>Which shapes are drawn.</summary>
    public ulong Seed { get; init; } = 21;

    /// <summary>The listed cases that fit.</summary>
    /// <param name="listed">All of them, the smallest ones first where that matters.</param>
    /// <param name="elements">Elements of a case's largest range.</param>
    internal IReadOnlyList<T> Fitting<T>(IEnumerable<T> listed, Func<T, long> elements) => Spread([.. listed.Where(item => elements(item) <= MaxElements)], MostListed);

    /// <summary>The same for sums and products.</summary>
    internal IReadOnlyList<T> FittingSums<T>(IEnumerable<T> listed, Func<T, long> elements) => Spread([.. listed.Where(item => elements(item) <= MaxSummed)], MostListed);

    /// <summary>An element-wise kernel's functions.</summary>
    internal IReadOnlyList<T> Functions<T>(IReadOnlyList<T> all) => Spread([.. all], MostFunctions);

    private static T[] Spread<T>(T[] fitting, int most)
    {
        if (fitting.Length <= most) return fitting;
        if (most == 1) return [fitting[^1]];
        return [.. Enumerable.Range(0, most).Select(i => fitting[(int)((long)i * (fitting.Length - 1) / Math.Max(1, most - 1))])];
    }
}
