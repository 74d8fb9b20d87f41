using ResearchFreeze.Autograd;

namespace ResearchFreeze.Benchmarks;

/// <summary>Matrix products M×N×K: squares, one product of the MLP in the four transpose cases (N as stored, T transposed), and every product of a step of <c>mlp:784,512,512,512,10</c>, batch 128.</summary>
public class GemmKernels : KernelBenchmark
{
    private const int Batch = 128;
    private static readonly int[] Widths = [784, 512, 512, 512, 10];

    public override IEnumerable<Work> Works => Shapes().Distinct().Select(Of);

    private static IEnumerable<GemmShape> Shapes()
    {
        foreach (int size in new[] { 256, 512, 1024 }) yield return GemmShape.Of(size, size, size);
        foreach (bool a in new[] { false, true })
        {
            foreach (bool b in new[] { false, true }) yield return GemmShape.Of(Batch, Widths[1], Widths[0], a, b);
        }
        for (int i = 1; i < Widths.Length; i++)
        {
            (int inputs, int outputs) = (Widths[i - 1], Widths[i]);
            yield return GemmShape.Of(Batch, outputs, inputs, transposeB: true);                // forward: x·Wᵀ
            if (i > 1) yield return GemmShape.Of(Batch, inputs, outputs);                       // input gradient: dy·W
            yield return GemmShape.Of(outputs, inputs, Batch, transposeA: true);                // weight gradient: dyᵀ·x
        }
    }

    private static Work Of(GemmShape shape) => new($"{shape.M}x{shape.N}x{shape.K} {(shape.TransposeA ? 'T' : 'N')}{(shape.TransposeB ? 'T' : 'N')}", operands =>
    {
        TensorRange a = operands.Normal(shape.LengthA), b = operands.Normal(shape.LengthB), c = operands.Empty(shape.LengthC);
        return () => operands.Device.Gemm(shape, a, b, c);
    });
}
