using ILGPU;

namespace ResearchFreeze.Autograd;

/// <summary>The second pass of a product whose sums were cut into chunks.</summary>
internal static class ChunkKernels
{
    /// <summary>C ← activation(Σ of the chunks + bias) + beta·C, one thread an element.</summary>
    internal static void Add(ArrayView<float> sums, ArrayView<float> c, ArrayView<float> bias, ProductArguments p)
    {
        int i = Grid.GlobalIndex.X, count = p.Batches * p.M * p.N;
        if (i >= count) return;
        float sum = 0f;
        for (int chunk = 0; chunk < p.Chunks; chunk++) sum += sums[(chunk * count) + i];
        int row = i / p.N, n = i - (row * p.N), batch = row / p.M, m = row - (batch * p.M);
        if (p.HasBias != 0) sum += bias[(batch * p.StrideBias) + n];
        Cell.Store(c, (batch * p.StrideC) + (m * p.LeadingC) + n, Cell.Activate(sum, p.Activation), p.Beta);
    }
}
