namespace ResearchFreeze.Autograd;

/// <summary>Values that are 32 bits wide already.</summary>
internal readonly ref struct HostWords(ReadOnlySpan<float> values) : IHostValues
{
    private readonly ReadOnlySpan<float> values = values;

    public int Length => values.Length;

    public void CopyTo(int from, Span<float> target) => values.Slice(from, target.Length).CopyTo(target);
}
