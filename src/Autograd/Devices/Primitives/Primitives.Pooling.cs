namespace ResearchFreeze.Autograd;

// Pooling of images.
public static partial class Primitives
{
    private static IReadOnlyList<PrimitiveDescription> Pooling =>
    [
        new(Primitive.MaxPool, Reads("x"), Writes("y"), Optional(Integers(Writes("indices"))))
        {
            Kernels = Kernels(nameof(PoolingKernels), nameof(PoolingKernels.MaxPool)),
            Tolerance = Exact,
            Cases = b =>
            {
                foreach (Pool2dShape shape in PoolShapes.For(b.Sizes))
                {
                    for (int kind = 0; kind < 5; kind++)
                    {
                        TensorRange x = kind == 0 ? b.Input(shape.InputCount) : b.Reals(CaseValues.Ties(shape.InputCount, kind));
                        b.Device.MaxPool(shape, x, b.Output(shape.OutputCount), kind == 1 ? null : b.Integers(new int[shape.OutputCount]));
                    }
                }
            },
        },
        new(Primitive.MaxPoolBackward, Integers(Reads("indices")), Reads("dy"), Adds("dx"))
        {
            Kernels = Kernels(nameof(PoolingKernels), nameof(PoolingKernels.MaxPoolBackward)),
            Cases = b =>
            {
                foreach (Pool2dShape shape in PoolShapes.For(b.Sizes))
                {
                    int[] winners = CaseValues.Winners(shape.InputCount, shape.OutputCount, (device, x, y, indices) => device.MaxPool(shape, x, y, indices));
                    foreach (float beta in CaseValues.Betas) b.Device.MaxPoolBackward(shape, b.Integers(winners), b.Input(shape.OutputCount), b.Output(shape.InputCount, beta), beta);
                }
            },
        },
        new(Primitive.AveragePool, Reads("x"), Writes("y"))
        {
            Kernels = Kernels(nameof(PoolingKernels), nameof(PoolingKernels.AveragePool)),
            Cases = b =>
            {
                foreach (Pool2dShape shape in PoolShapes.For(b.Sizes)) b.Device.AveragePool(shape, b.Input(shape.InputCount), b.Output(shape.OutputCount));
            },
        },
        new(Primitive.AveragePoolBackward, Reads("dy"), Adds("dx"))
        {
            Kernels = Kernels(nameof(PoolingKernels), nameof(PoolingKernels.AveragePoolBackward)),
            Cases = b =>
            {
                foreach (Pool2dShape shape in PoolShapes.For(b.Sizes))
                {
                    foreach (float beta in CaseValues.Betas) b.Device.AveragePoolBackward(shape, b.Input(shape.OutputCount), b.Output(shape.InputCount, beta), beta);
                }
            },
        },
    ];
}
