using System.Numerics;

namespace ResearchFreeze.Autograd;

/// <summary>Adds the chunks' results in order, whoever does it.</summary>
internal unsafe struct ChunkSums : IRangeWork
{
    public float* Partial;
    public float* Result;
    public int Chunks;

    /// <summary>From one chunk's result to the next.</summary>
    public int Length;

    public float Beta;

    public readonly void Run(int start, int end)
    {
        for (int i = start; i < end; i += Lanes.Count)
        {
            int count = Math.Min(Lanes.Count, end - i);
            float* from = Partial + i;
            Vector<float> sum = Lanes.Load(from, count);
            for (int chunk = 1; chunk < Chunks; chunk++) sum += Lanes.Load(from += Length, count);
            Lanes.Accumulate(sum, Result + i, count, Beta);
        }
    }
}
