namespace ResearchFreeze.Autograd;

// Sums and largest elements over axes, norms.
public static partial class Primitives
{
    private static IReadOnlyList<PrimitiveDescription> Sums =>
    [
        new(Primitive.Reduce, Reads("x"), Adds("y"))
        {
            Kernels = Kernels(nameof(ReduceKernels), nameof(ReduceKernels.ByThread), nameof(ReduceKernels.ByGroup)),
            Cases = b =>
            {
                foreach (ReduceLayout layout in ReductionShapes.For(b.Sizes))
                {
                    double scale = (double)Math.Max(1, layout.Outputs) / Math.Max(1, layout.Inputs);
                    foreach (float beta in CaseValues.Betas) b.Device.Reduce(layout, scale, b.Input(layout.Inputs), b.Output(layout.Outputs, beta), beta);
                }
            },
        },
        new(Primitive.Expand, Reads("x"), Adds("y"))
        {
            Kernels = Kernels(nameof(ElementwiseKernels), nameof(ElementwiseKernels.Expand)),
            Cases = b =>
            {
                foreach (ReduceLayout layout in ReductionShapes.For(b.Sizes))
                {
                    foreach (float beta in CaseValues.Betas) b.Device.Expand(layout, 0.3f, b.Input(layout.Outputs), b.Output(layout.Inputs, beta), beta);
                }
            },
        },
        new(Primitive.ReduceMax, Reads("x"), Writes("y"), Optional(Integers(Writes("indices"))))
        {
            Kernels = Kernels(nameof(ExtremeKernels), nameof(ExtremeKernels.ByThread), nameof(ExtremeKernels.ByGroup)),
            Tolerance = Exact,
            Cases = b =>
            {
                foreach (ReduceLayout layout in ReductionShapes.WithElements(b.Sizes))
                {
                    for (int kind = 0; kind < 5; kind++)
                    {
                        TensorRange x = kind == 0 ? b.Input(layout.Inputs) : b.Reals(CaseValues.Ties(layout.Inputs, kind));
                        b.Device.ReduceMax(layout, x, b.Output(layout.Outputs), b.Integers(new int[layout.Outputs]));
                        b.Device.ReduceMax(layout, x, b.Output(layout.Outputs), null);
                    }
                }
            },
        },
        new(Primitive.ReduceMaxBackward, Integers(Reads("indices")), Reads("dy"), Adds("dx"))
        {
            Kernels = Kernels(nameof(ExtremeKernels), nameof(ExtremeKernels.Backward)),
            Cases = b =>
            {
                foreach (ReduceLayout layout in ReductionShapes.WithElements(b.Sizes))
                {
                    int[] winners = CaseValues.Winners(layout.Inputs, layout.Outputs, (device, x, y, indices) => device.ReduceMax(layout, x, y, indices));
                    foreach (float beta in CaseValues.Betas) b.Device.ReduceMaxBackward(layout, b.Integers(winners), b.Input(layout.Outputs), b.Output(layout.Inputs, beta), beta);
                }
            },
        },
        new(Primitive.Norm, Reads("x"), Reads("y"), Few(Writes("result")))
        {
            Kernels = Kernels(nameof(NormKernels), nameof(NormKernels.OfChunks), nameof(NormKernels.Distances), nameof(NormKernels.Finish)),
            Cases = b =>
            {
                foreach (NormKind kind in Enum.GetValues<NormKind>())
                {
                    // As many at once as take several launches; one result behind the other's.
                    int[] lengths = [.. b.Sizes.FittingSums((int[])[0, 1, 2, 3, 5, 7, 31, 64, 65, 255, 256, 257, 513, 1000, 8192, 8193, 40_000, 100_003, 150_001], length => length)];
                    TensorRange results = b.Output(lengths.Length);
                    NormTarget[] targets = [.. lengths.Select((length, i) => Target(length, results.Slice(lengths.Length - 1 - i, 1)))];
                    foreach (NormTarget target in targets) b.Device.Norm(kind, target.X, target.Y, b.Output(1));
                    foreach (int count in (int[])[0, 1, lengths.Length - 1]) b.Device.Norm(kind, targets.AsSpan(0, count));

                    NormTarget Target(int length, TensorRange result)
                    {
                        TensorRange x = b.Input(length);
                        return new NormTarget(x, kind == NormKind.SquaredDistance ? b.Input(length) : x, result, 0);
                    }
                }
            },
        },
    ];
}
