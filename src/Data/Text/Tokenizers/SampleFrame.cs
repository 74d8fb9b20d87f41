namespace ResearchFreeze.Data;

/// <summary>What a model was trained to find around one text, or two: BERT's <c>[CLS] A [SEP] B [SEP]</c>, say.</summary>
/// <param name="Before">Ids before the first text.</param>
/// <param name="Between">Ids between two texts; they count to the first.</param>
/// <param name="After">Ids behind the last text.</param>
/// <param name="HasSegments">Whether tokens of a second text have another segment than those of the first.</param>
public sealed record SampleFrame(IReadOnlyList<int> Before, IReadOnlyList<int> Between, IReadOnlyList<int> After, bool HasSegments)
{
    /// <summary>Nothing.</summary>
    public static SampleFrame None { get; } = new([], [], [], false);

    /// <summary>How many ids stand around one text.</summary>
    public int OfOne => Before.Count + After.Count;

    /// <summary>How many ids stand around and between two texts.</summary>
    public int OfTwo => OfOne + Between.Count;
}
