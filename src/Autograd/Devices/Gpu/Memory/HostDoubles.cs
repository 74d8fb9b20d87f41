namespace ResearchFreeze.Autograd;

/// <summary>Doubles, rounded on the way.</summary>
internal readonly ref struct HostDoubles(ReadOnlySpan<double> values) : IHostValues
{
    private readonly ReadOnlySpan<double> values = values;

    public int Length => values.Length;

    public void CopyTo(int from, Span<float> target)
    {
        for (int i = 0; i < target.Length; i++) target[i] = (float)values[from + i];
    }
}
