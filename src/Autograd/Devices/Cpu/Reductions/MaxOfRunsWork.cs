namespace ResearchFreeze.Autograd;

/// <summary>The largest of each output's runs, which are contiguous.</summary>
internal unsafe struct MaxOfRunsWork : IRangeWork
{
    public float* X;
    public float* Y;
    public int* Indices;
    public Walk Kept;
    public Walk Summed;
    public int Length;

    public readonly void Run(int start, int end)
    {
        for (int output = start; output < end; output++)
        {
            int first = Kept.At(output), found = Extremes.Find(X, first, Length);
            for (int outer = 1; outer < Summed.Count; outer++)
            {
                int candidate = Extremes.Find(X, first + Summed.At(outer), Length);
                if (Extremes.IsLarger(X[candidate], X[found])) found = candidate;
            }
            Y[output] = X[found];
            if (Indices != null) Indices[output] = found;
        }
    }
}
