namespace ResearchFreeze.Autograd;

/// <summary>to ← factor·to, where a factor of 0 never reads.</summary>
internal unsafe struct ScaleWork : IRangeWork
{
    public float* To;
    public float Factor;

    public readonly void Run(int start, int end)
    {
        if (Factor == 0)
        {
            new Span<float>(To + start, end - start).Clear();
            return;
        }
        for (int i = start; i < end; i += Lanes.Count)
        {
            int count = Math.Min(Lanes.Count, end - i);
            Lanes.Store(Lanes.Load(To + i, count) * Factor, To + i, count);
        }
    }
}
