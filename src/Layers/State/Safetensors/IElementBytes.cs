namespace ResearchFreeze.Layers;

/// <summary>The bytes of a tensor's elements: held in memory or in a file, more of them than an array can have.</summary>
internal interface IElementBytes
{
    /// <summary>How many there are.</summary>
    long Length { get; }

    /// <summary>Copies those from an offset on, as many as the span has.</summary>
    void Read(long offset, Span<byte> to);
}
