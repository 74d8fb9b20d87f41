using ResearchFreeze.Autograd;

namespace ResearchFreeze.Benchmarks;

/// <summary>Matrix products M×N×K: squares, one product of the MLP in the four transpose cases (N as stored, T transposed), and every product of a step of <c>mlp:784,512,512,512,10</c>, batch 128. B is written to before each product, as trained weights are; where it says so it rests, as a frozen layer's do, and is packed once.</summary>
public class GemmKernels : KernelBenchmark
{
    private const int Batch = 128;
    private static readonly int[] Widths = [784, 512, 512, 512, 10];

    public override IEnumerable<Work> Works => Shapes().Distinct().Select(shape => Of(shape, rests: false)).Concat(Forward().Distinct().Select(shape => Of(shape, rests: true)));

    private static IEnumerable<GemmShape> Shapes()
    {
        foreach (int size in new[] { 256, 512, 1024 }) yield return GemmShape.Of(size, size, size);
        foreach (bool a in new[] { false, true })
        {
            foreach (bool b in new[] { false, true }) yield return GemmShape.Of(Batch, Widths[1], Widths[0], a, b);
        }
        foreach (GemmShape forward in Forward()) yield return forward;                         // x·Wᵀ
        for (int i = 1; i < Widths.Length; i++)
        {
            (int inputs, int outputs) = (Widths[i - 1], Widths[i]);
            if (i > 1) yield return GemmShape.Of(Batch, inputs, outputs);                       // input gradient: dy·W
            yield return GemmShape.Of(outputs, inputs, Batch, transposeA: true);                // weight gradient: dyᵀ·x
        }
    }

    private static IEnumerable<GemmShape> Forward() => Enumerable.Range(1, Widths.Length - 1).Select(i => GemmShape.Of(Batch, Widths[i], Widths[i - 1], transposeB: true));

    private static Work Of(GemmShape shape, bool rests) =>
        new($"{shape.M}x{shape.N}x{shape.K} {(shape.TransposeA ? 'T' : 'N')}{(shape.TransposeB ? 'T' : 'N')}{(rests ? ", B rests" : "")}", operands =>
        {
            TensorRange a = operands.Normal(shape.LengthA), b = operands.Normal(shape.LengthB), c = operands.Empty(shape.LengthC), first = b.Slice(0, 1);
            return () =>
            {
                if (!rests) operands.Device.Fill(first, 0.5);
                operands.Device.Gemm(shape, a, b, c);
            };
        });
}
