using ResearchFreeze.Autograd;

namespace ResearchFreeze.Tests.Autograd;

/// <summary>Every primitive against the reference. Derived for each kind of device.</summary>
public abstract partial class GpuParity
{
    private const double Tolerance = 1e-6;

    public static TheoryData<string> Maps => [.. MapTable.Keys];

    public static TheoryData<string> Zips => [.. ZipTable.Keys];

    private static Dictionary<string, (MapKernel Kernel, bool Positive)> MapTable { get; } = new()
    {
        ["exp"] = (MapKernels.Exp, false),
        ["log"] = (MapKernels.Log, true),
        ["sqrt"] = (MapKernels.Sqrt, true),
        ["tanh"] = (MapKernels.Tanh, false),
        ["sigmoid"] = (MapKernels.Sigmoid, false),
        ["relu"] = (MapKernels.Relu, false),
        ["square"] = (MapKernels.Square, false),
        ["negate"] = (MapKernels.Negate, false),
        ["add scalar"] = (MapKernel.Of("add scalar", MapUse.None, new AddScalarOp<double>(0.75), new AddScalarOp<float>(0.75f), new AddScalarOp<float>(0.75f)), false),
        ["multiply scalar"] =
            (MapKernel.Of("multiply scalar", MapUse.None, new MultiplyScalarOp<double>(-1.5), new MultiplyScalarOp<float>(-1.5f), new MultiplyScalarOp<float>(-1.5f)), false),
    };

    private static Dictionary<string, ZipKernel> ZipTable { get; } = new()
    {
        ["add"] = AddFunction.Kernel,
        ["subtract"] = SubtractFunction.Kernel,
        ["multiply"] = MultiplyFunction.Kernel,
        ["divide"] = DivideFunction.Kernel,
    };

    /// <summary>The device under test; skips the test where there is none.</summary>
    protected abstract Device Device { get; }

    /// <summary>Whether large shapes are affordable.</summary>
    protected abstract bool IsFast { get; }

    private int[] Lengths => IsFast ? [1, 5, 255, 256, 257, 10007] : [257];

    private float[] Betas => IsFast ? [0, 1, -0.5f] : [0, -0.5f];

    [Theory]
    [MemberData(nameof(Maps))]
    public void Map(string name)
    {
        (MapKernel kernel, bool positive) = MapTable[name];
        Check(Tolerance, b =>
        {
            foreach (int length in Lengths)
            {
                foreach (float beta in Betas)
                {
                    TensorRange x = b.Input(length, positive), y = b.Output(length, beta);
                    b.Device.Map(kernel, x, y, beta);
                    TensorRange dy = b.Input(length), dx = b.Output(length, beta);
                    b.Device.MapBackward(kernel, x, b.Input(length, positive), dy, dx, beta);
                }
            }
            TensorRange inPlace = b.Input(Lengths[^1], positive), gradient = b.Input(Lengths[^1], positive);
            b.Device.Map(kernel, inPlace, inPlace);
            b.Device.MapBackward(kernel, inPlace, inPlace, gradient, gradient);
        });
    }

    [Theory]
    [MemberData(nameof(Zips))]
    public void Zip(string name)
    {
        ZipKernel kernel = ZipTable[name];
        Shape[][] shapes =
        [
            [[7], [7]], [[1], [1]], [[], [5]], [[257], [1]], [[33, 10], [10]], [[33, 1], [33, 10]], [[4, 1, 5], [1, 3, 1]], [[2, 1, 3, 1], [2, 4, 1, 5]], [[3, 1, 2, 1, 4], [2, 1, 3, 1]],
            [[2, 1, 3, 1, 2, 1], [1, 4, 1, 2, 1, 3]], [[0, 3], [1, 3]],
        ];
        Check(Tolerance, b =>
        {
            foreach (Shape[] pair in shapes)
            {
                foreach (float beta in IsFast ? Betas : [1])
                {
                    var layout = new ZipLayout(pair[0], pair[1], name);
                    b.Device.Zip(kernel, layout, b.Input(pair[0].Count, positive: true), b.Input(pair[1].Count, positive: true), b.Output(layout.Output.Count, beta), beta);
                }
            }
            TensorRange a = b.Input(300, positive: true);
            b.Device.Zip(kernel, new ZipLayout([30, 10], [10], name), a, b.Input(10, positive: true), a);
        });
    }

    [Fact]
    public void CopyFillScale() => Check(Tolerance, b =>
    {
        foreach (int length in Lengths)
        {
            b.Device.Copy(b.Input(length), b.Output(length));
            b.Device.Copy(b.Integers([.. Enumerable.Range(5, length)]), b.Integers(new int[length]));
            b.Device.Fill(b.Output(length), -3.25);
            b.Device.RestoreWhere(b.Reals([.. Enumerable.Range(0, length).Select(i => i % 3 == 0 ? 0f : 1f)]), b.Input(length), b.Input(length));
            foreach (float beta in Betas)
            {
                b.Device.AddScaled(0.75f, b.Input(length), beta, b.Output(length, beta));
            }
        }
        TensorRange whole = b.Input(20);
        b.Device.Copy(whole.Slice(0, 8), whole.Slice(12, 8));
        TensorRange empty = b.Input(0);
        b.Device.Copy(empty, b.Output(0));
        b.Device.Fill(empty, 1);
        b.Device.AddScaled(1, empty, 1, empty);
    });

    [Fact]
    public void ReduceAndExpand()
    {
        List<(Shape Shape, int Summed)> cases =
        [
            ([], 0), ([5], 0), ([5], 1), ([1, 7, 1], 2), ([9, 40], 2), ([9, 40], 1), ([3, 4, 5], 5), ([3, 4, 5], 2), ([2, 3, 2, 3, 2, 3], 0b101010), ([2, 3, 2, 3, 2, 3], 0b010101),
            ([0, 3], 1), ([3, 0], 1), ([700, 3], 1),
        ];
        if (IsFast) cases.AddRange([([20000], 1), ([3, 9000], 2), ([33000, 5], 1), ([300, 2, 130], 5), ([17, 300, 4], 2), ([500, 257], 2)]);
        Check(Tolerance, b =>
        {
            foreach ((Shape shape, int summed) in cases)
            {
                foreach (float beta in IsFast ? Betas : [-0.5f])
                {
                    var layout = new ReduceLayout(shape, summed);
                    float scale = (float)Math.Max(1, layout.Outputs) / Math.Max(1, layout.Inputs);
                    b.Device.Reduce(layout, scale, b.Input(layout.Inputs), b.Output(layout.Outputs, beta), beta);
                    b.Device.Expand(layout, 0.3f, b.Input(layout.Outputs), b.Output(layout.Inputs, beta), beta);
                }
            }
        });
    }

    [Fact]
    public void Gemm()
    {
        (int M, int N, int K)[] sizes = IsFast
            ? [(1, 1, 1), (4, 3, 8), (2, 5, 16), (3, 40, 1), (33, 31, 17), (32, 32, 32), (65, 7, 100), (100, 130, 65), (5, 6, 0)]
            : [(33, 5, 18)];
        Check(Tolerance, b =>
        {
            foreach ((int m, int n, int k) in sizes)
            {
                for (int flags = 0; flags < 4; flags++)
                {
                    foreach (float beta in IsFast ? Betas : [flags % 2])
                    {
                        bool transposeA = (flags & 1) != 0, transposeB = (flags & 2) != 0;
                        GemmShape shape = GemmShape.Of(m, n, k, transposeA, transposeB);
                        TensorRange a = Small(b, m * k, k), right = Small(b, k * n, k);
                        b.Device.Gemm(shape, a, right, b.Output(m * n, beta), beta);
                        if (beta == 0) b.Device.Gemm(shape, a, right, b.Output(m * n), 0, b.Input(n), Activation.Tanh);
                        else b.Device.Gemm(shape, a, right, b.Output(m * n, beta), beta, b.Input(n));
                    }
                }
            }
        });
    }

    [Fact]
    public void GemmWithStrides() => Check(Tolerance, b =>
    {
        // Leading dimensions longer than rows, batches, an operand that repeats, every activation.
        var shape = new GemmShape(5, 6, 7, false, false, 9, 8, 10, 3, 50, 60, 70);
        foreach (Activation activation in Enum.GetValues<Activation>())
            b.Device.Gemm(shape, b.Input(shape.LengthA), b.Input(shape.LengthB), b.Input(shape.LengthC), 0, b.Input(6), activation);
        GemmShape repeated = shape with { StrideB = 0, TransposeA = true, TransposeB = true };
        b.Device.Gemm(repeated, b.Input(repeated.LengthA), b.Input(repeated.LengthB), b.Input(repeated.LengthC), 0.5f);
        GemmShape none = shape with { Batch = 0 };
        b.Device.Gemm(none, b.Input(0), b.Input(0), b.Input(0));
        b.Device.Gemm(GemmShape.Of(0, 3, 4), b.Input(0), b.Input(12), b.Input(0));
    });

    [Fact]
    public void Softmax() => Check(Tolerance, b =>
    {
        foreach ((int rows, int columns) in IsFast ? [(1, 1), (3, 10), (7, 33), (5, 64), (2, 129), (3, 1000), (0, 4)] : new[] { (2, 40) })
        {
            TensorRange x = b.Input(rows * columns), y = b.Output(rows * columns);
            b.Device.Softmax(rows, columns, x, y);
            foreach (float beta in Betas) b.Device.SoftmaxBackward(rows, columns, y, b.Input(rows * columns), b.Output(rows * columns, beta), beta);
            b.Device.Softmax(rows, columns, x, x);
        }
        b.Device.Softmax(4, 3, b.Reals(1000, 0, -1000, float.NegativeInfinity, 1, 2, float.NaN, 1, 2, -200, -200, -200), b.Output(12));
    });

    [Fact]
    public void CrossEntropy() => Check(Tolerance, b =>
    {
        foreach ((int rows, int classes) in IsFast ? [(1, 1), (5, 3), (128, 10), (300, 70), (0, 4)] : new[] { (5, 3) })
        {
            foreach (float smoothing in IsFast ? [0, 0.1f] : new[] { 0.1f })
            {
                for (int variant = 0; variant < 4; variant++)
                {
                    var labels = new int[rows];
                    for (int i = 0; i < rows; i++) labels[i] = i % 4 == 3 ? -100 : i * 7 % classes;
                    var shape = new CrossEntropyShape(rows, classes, smoothing, -100);
                    TensorRange logits = b.Input(rows * classes), targets = b.Integers(labels), loss = b.Output(1), state = b.Output(rows + 1);
                    TensorRange? weights = variant % 2 == 0 ? null : b.Input(classes, positive: true);
                    b.Device.CrossEntropy(shape, logits, targets, weights, loss, variant < 2 ? state : null);
                    if (variant >= 2) continue;
                    foreach (float beta in Betas) b.Device.CrossEntropyBackward(shape, logits, targets, weights, state, b.Reals(1.5f), b.Output(rows * classes, beta), beta);
                }
            }
        }
    });

    [Fact]
    public void CrossEntropyOfWrongLabels() => Check(Tolerance, b =>
    {
        foreach (int wrong in new[] { 3, -1 })
        {
            var shape = new CrossEntropyShape(3, 3, 0, -100);
            TensorRange logits = b.Input(9), labels = b.Integers(0, wrong, -100), loss = b.Output(1), state = b.Output(4);
            b.Device.CrossEntropy(shape, logits, labels, null, loss, state);
            b.Device.CrossEntropyBackward(shape, logits, labels, null, state, b.Reals(1), b.Output(9));
        }
        b.Device.CrossEntropy(new CrossEntropyShape(2, 3, 0, 1), b.Input(6), b.Integers(1, 1), null, b.Output(1), null);
    });

    [Fact]
    public void Dropout() => Check(Tolerance, b =>
    {
        foreach (float probability in new[] { 0, 0.1f, 0.5f, 0.999f })
        {
            foreach (int length in Lengths)
            {
                foreach (float beta in IsFast ? Betas : [0])
                {
                    var key = new DropoutKey(RandomStream.KeyOf(7, "dropout"), 0x1_0000_0003, probability);
                    b.Device.Dropout(key, b.Input(length), b.Output(length, beta), beta);
                }
            }
        }
    });

    [Theory]
    [InlineData(NormKind.SquaredL2)]
    [InlineData(NormKind.L1)]
    [InlineData(NormKind.SquaredDistance)]
    public void Norm(NormKind kind) => Check(Tolerance, b =>
    {
        foreach (int length in IsFast ? [0, 1, 31, 257, 8192, 8193, 100003] : new[] { 0, 40 })
        {
            TensorRange x = b.Input(length), y = kind == NormKind.SquaredDistance ? b.Input(length) : x;
            b.Device.Norm(kind, x, y, b.Output(1));
        }
    });

    [Fact]
    public void StepGuard() => Check(Tolerance, b =>
    {
        TensorRange sums = b.Input(IsFast ? 300 : 3, positive: true), state = b.Reals(0, 0, 0);
        foreach (float maxNorm in new[] { 0, 1, 1e6f }) b.Device.StepGuard(sums, maxNorm, state);
        TensorRange kept = b.Output(3);
        b.Device.Copy(state, kept);
        foreach (float bad in new[] { float.NaN, float.PositiveInfinity })
        {
            TensorRange halted = b.Reals(1, 5, 0);
            b.Device.StepGuard(b.Reals(1, bad, 2), 1, halted);
            b.Device.StepGuard(sums, 1, halted);                       // sticky
        }
    });

    [Fact]
    public void Sgd() => Check(Tolerance, b =>
    {
        foreach (float factor in new[] { 1, 0.25f, float.NaN })
        {
            foreach (bool nesterov in new[] { false, true })
            {
                TensorRange guard = b.Reals(factor, 1, float.IsNaN(factor) ? 1 : 0);
                TensorRange w = b.Input(Lengths[^1]), g = b.Input(Lengths[^1]), v = b.Input(Lengths[^1]);
                var step = new SgdStep(0.05f, 0.9f, nesterov, 0.01f);
                for (int i = 0; i < 2; i++) b.Device.Sgd(step, w, g, v, guard);
                b.Device.Sgd(step, b.Input(77), b.Input(77), null, guard);
                b.Device.Sgd(step, b.Input(0), b.Input(0), null, guard);
            }
        }
    });

    [Fact]
    public void Adam() => Check(Tolerance, b =>
    {
        foreach (float factor in new[] { 1, 0.25f, float.NaN })
        {
            foreach (bool coupled in new[] { false, true })
            {
                TensorRange guard = b.Reals(factor, 1, float.IsNaN(factor) ? 1 : 0);
                int length = Lengths[^1];
                TensorRange w = b.Input(length), g = b.Input(length), m = b.Input(length), v = b.Input(length, positive: true);
                for (int i = 1; i <= 3; i++) b.Device.Adam(new AdamStep(0.01f, 0.9f, 0.999f, 1e-8f, 0.1f, coupled, i), w, g, m, v, guard);
            }
        }
    });

    private void Check(double tolerance, Action<GpuBench> body) => GpuBench.Check(Device, tolerance, body);

    /// <summary>Values that keep a sum over k near 1, so that the tolerance is relative to what is summed.</summary>
    private static TensorRange Small(GpuBench b, int length, int k)
    {
        TensorRange x = b.Input(length);
        if (length > 0) b.Device.AddScaled(1 / MathF.Sqrt(Math.Max(1, k)), x, 0, x);
        return x;
    }
}
