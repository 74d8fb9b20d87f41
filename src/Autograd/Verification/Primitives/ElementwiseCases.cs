namespace ResearchFreeze.Autograd;

/// <summary>Lengths and functions for element-wise primitives.</summary>
internal static class ElementwiseCases
{
    /// <summary>Nothing, one, primes, and both sides of a vector's, a group's and a cache line's end.</summary>
    public static readonly int[] Lengths = [0, 1, 5, 7, 8, 13, 31, 64, 129, 255, 256, 257, 1000, 10_007, 40_003];

    /// <summary>The same, and uploads that go by landing buffers, in one piece and in three.</summary>
    public static readonly int[] TransferLengths = [.. Lengths, GpuUploads.SmallLength + 1, (2 * GpuUploads.PieceLength) + 5];

    /// <summary>Every function of one operand, and whether it takes positive ones only.</summary>
    public static IReadOnlyList<(MapKernel Kernel, bool Positive)> Maps { get; } =
    [
        (MapKernels.Exp, false), (MapKernels.Log, true), (MapKernels.Sqrt, true), (MapKernels.Tanh, false), (MapKernels.Sigmoid, false), (MapKernels.Relu, false), (MapKernels.Square, false),
        (MapKernels.Negate, false), (MapKernels.Abs, false), (MapKernels.Gelu, false), (MapKernels.GeluTanh, false), (MapKernels.Silu, false), (MapKernels.Softplus, false),
        (Tensor.LeakyReluKernel(0.3), false), (Tensor.PowKernel(3), false), (Tensor.PowKernel(-1.5), true), (Tensor.PowKernel(2.5), true), (Tensor.ClampKernel(-1.3, 0.7), false),
        (Tensor.HuberKernel(0.8), false), (DivideScalarFunction.KernelOf(-0.7), false),
        (MapKernel.Of("multiply scalar", MapUse.None, new MultiplyScalarOp<double>(-1.5), new MultiplyScalarOp<float>(-1.5f), new MultiplyScalarOp<float>(-1.5f)), false),
        (MapKernel.Of("add scalar", MapUse.None, new AddScalarOp<double>(0.75), new AddScalarOp<float>(0.75f), new AddScalarOp<float>(0.75f)), false),
        (MapKernels.Sin, false), (MapKernels.Cos, false), (MapKernels.Erf, false), (MapKernels.Floor, false), (MapKernels.Ceiling, false), (MapKernels.Round, false), (MapKernels.Sign, false),
        (Tensor.EluKernel(0.7), false), (MapKernels.Selu, false), (MapKernels.Mish, false), (MapKernels.HardSigmoid, false), (MapKernels.HardSwish, false),
        (Tensor.SubtractFromScalarKernel(0.6), false), (Tensor.DivideScalarByKernel(-1.4), true), (Tensor.GreaterToScalar(0.3), false), (Tensor.EqualToScalar(0.5), false), (Tensor.LessOrEqualToScalar(-0.2), false),
    ];

    /// <summary>Every function of two operands.</summary>
    public static IReadOnlyList<ZipKernel> Zips { get; } =
    [
        AddFunction.Kernel, SubtractFunction.Kernel, MultiplyFunction.Kernel, DivideFunction.Kernel, Tensor.MaximumKernel, Tensor.MinimumKernel, Tensor.LargerShare, Tensor.SmallerShare,
        BinaryCrossEntropyFunction.Kernel, BinaryCrossEntropyFunction.LogitSlope, BinaryCrossEntropyFunction.NegatedProduct,
        Tensor.GreaterKernel, Tensor.GreaterOrEqualKernel, Tensor.LessKernel, Tensor.LessOrEqualKernel, Tensor.EqualKernel, Tensor.NotEqualKernel, Tensor.AndKernel, Tensor.OrKernel, Tensor.XorKernel,
        WhereFunction.Chosen, WhereFunction.NotChosen, Tensor.PReluKernel, Tensor.PReluInputSlope, Tensor.PReluSlopeSlope, Tensor.PowTensorKernel, Tensor.PowBaseSlope, Tensor.PowExponentSlope,
    ];

    /// <summary>Operands that broadcast in every way.</summary>
    public static IReadOnlyList<(Shape A, Shape B)> ZipShapes { get; } =
    [
        ([], []), ([1], [1, 1]), ([7], [7]), ([], [31]), ([13], []), ([129], [129]), ([257], [1]), ([33, 10], [10]), ([31], [13, 31]), ([13, 31], [13, 1]), ([33, 1], [33, 10]), ([7, 1], [1, 9]),
        ([4, 1, 5], [1, 3, 1]), ([5, 1, 17], [1, 3, 17]), ([2, 3, 5, 7], [3, 1, 7]), ([2, 1, 3, 1], [2, 4, 1, 5]), ([3, 1, 2, 1, 4], [2, 1, 3, 1]), ([2, 1, 3, 1, 2, 1], [1, 4, 1, 2, 1, 3]),
        ([0, 3], [1, 3]), ([0, 4], [4]), ([3, 8], [1, 1]), ([4, 3, 5], [4, 3, 5]), ([129, 31], [129, 31]), ([300, 33], [33]), ([40, 1, 21], [10, 1]), ([2, 5000], [2, 1]), ([900, 33], [33]),
        ([150, 1, 21], [10, 1]), ([2, 20_000], [2, 1]),
    ];
}
