namespace ResearchFreeze.Autograd;

/// <summary>A check of every primitive of a device. One that is missing here has not landed: a test holds the table against <see cref="Primitive"/>.</summary>
public static partial class PrimitiveChecks
{
    private static readonly int[] Lengths = [0, 1, 5, 31, 255, 256, 257, 10_007];

    // Uploads that go by landing buffers, in one piece and in three.
    private static readonly int[] TransferLengths = [.. Lengths, GpuUploads.SmallLength + 1, (2 * GpuUploads.PieceLength) + 5];
    private static readonly float[] Betas = [0, 1, -0.5f];
    private static readonly Activation[] Activations = Enum.GetValues<Activation>();

    /// <summary>The checks, in the order of <see cref="Primitive"/>.</summary>
    public static IReadOnlyList<PrimitiveCheck> All { get; } =
        [.. ((IEnumerable<PrimitiveCheck>)[.. Elementwise, .. Views, .. Sums, .. Products, .. Images, .. Normalisations, .. Losses, .. Steps]).OrderBy(check => check.Primitive)];

    private static IReadOnlyList<PrimitiveCheck> Elementwise =>
    [
        new(Primitive.Upload, b =>
        {
            foreach (int length in TransferLengths)
            {
                b.Device.Upload([.. Enumerable.Range(0, length).Select(i => i / 4f)], b.Output(length));
                b.Device.Upload([.. Enumerable.Range(-3, length)], b.Integers(new int[length]));
                b.Device.Upload([.. Enumerable.Range(0, length).Select(i => i / 4.0)], b.Output(length));
            }
            UploadWhereWorkReads(b);
        }) { Tolerance = 1e-15 },
        new(Primitive.Download, b =>
        {
            foreach (int length in TransferLengths)
            {
                var reals = new float[length];
                b.Device.Download(b.Input(length), reals);
                b.Device.Upload(reals, b.Output(length));
                var integers = new int[length];
                b.Device.Download(b.Integers([.. Enumerable.Range(7, length)]), integers);
                b.Device.Upload(integers, b.Integers(new int[length]));
            }
        }) { Tolerance = 1e-15 },
        new(Primitive.Copy, b =>
        {
            foreach (int length in Lengths)
            {
                b.Device.Copy(b.Input(length), b.Output(length));
                b.Device.Copy(b.Integers([.. Enumerable.Range(5, length)]), b.Integers(new int[length]));
            }
            TensorRange whole = b.Input(20);
            b.Device.Copy(whole.Slice(0, 8), whole.Slice(12, 8));
        }) { Tolerance = 1e-15 },
        new(Primitive.Fill, b =>
        {
            foreach (int length in Lengths) b.Device.Fill(b.Output(length), -3.25);
        }) { Tolerance = 1e-15 },
        new(Primitive.Map, b =>
        {
            foreach ((MapKernel kernel, bool positive) in Maps)
            {
                foreach (int length in Lengths)
                {
                    foreach (float beta in Betas) b.Device.Map(kernel, b.Input(length, positive), b.Output(length, beta), beta);
                }
                TensorRange own = b.Input(257, positive);
                b.Device.Map(kernel, own, own);
            }
        }),
        new(Primitive.MapBackward, b =>
        {
            foreach ((MapKernel kernel, bool positive) in Maps)
            {
                foreach (int length in Lengths)
                {
                    foreach (float beta in Betas) b.Device.MapBackward(kernel, b.Input(length, positive), b.Input(length, positive), b.Input(length), b.Output(length, beta), beta);
                }
                TensorRange own = b.Input(257, positive);
                b.Device.MapBackward(kernel, b.Input(257, positive), b.Input(257, positive), own, own);
            }
        }),
        new(Primitive.Zip, b =>
        {
            (Shape A, Shape B)[] shapes =
            [
                ([7], [7]), ([1], [1]), ([], [5]), ([257], [1]), ([33, 10], [10]), ([33, 1], [33, 10]), ([4, 1, 5], [1, 3, 1]), ([2, 1, 3, 1], [2, 4, 1, 5]), ([3, 1, 2, 1, 4], [2, 1, 3, 1]),
                ([2, 1, 3, 1, 2, 1], [1, 4, 1, 2, 1, 3]), ([0, 3], [1, 3]), ([129, 31], [129, 31]),
            ];
            foreach (ZipKernel kernel in Zips)
            {
                foreach ((Shape left, Shape right) in shapes)
                {
                    var layout = new ZipLayout(left, right, kernel.Name);
                    foreach (float beta in Betas) b.Device.Zip(kernel, layout, b.Input(left.Count, positive: true), b.Input(right.Count, positive: true), b.Output(layout.Output.Count, beta), beta);
                }
                TensorRange own = b.Input(300, positive: true);
                b.Device.Zip(kernel, new ZipLayout([30, 10], [10], kernel.Name), own, b.Input(10, positive: true), own);
            }
        }),
        new(Primitive.AddScaled, b =>
        {
            foreach (int length in Lengths)
            {
                foreach (float beta in Betas) b.Device.AddScaled(0.75f, b.Input(length), beta, b.Output(length, beta));
            }
        }),
        new(Primitive.RestoreWhere, b =>
        {
            foreach (int length in Lengths)
                b.Device.RestoreWhere(b.Reals([.. Enumerable.Range(0, length).Select(i => i % 3 == 0 ? 0f : 1f)]), b.Input(length), b.Input(length));
        }) { Tolerance = 1e-15 },
        new(Primitive.Dropout, b =>
        {
            foreach (float probability in (float[])[0, 0.1f, 0.5f, 0.999f])
            {
                var key = new DropoutKey(RandomStream.KeyOf(7, "dropout"), 0x1_0000_0003, probability);
                foreach (int length in Lengths)
                {
                    foreach (float beta in Betas) b.Device.Dropout(key, b.Input(length), b.Output(length, beta), beta);
                }
            }
        }),
    ];

    // What has constants of its own is checked by its operation: see OperationSpecs.
    private static IReadOnlyList<(MapKernel Kernel, bool Positive)> Maps { get; } =
    [
        (MapKernels.Exp, false), (MapKernels.Log, true), (MapKernels.Sqrt, true), (MapKernels.Tanh, false), (MapKernels.Sigmoid, false), (MapKernels.Relu, false), (MapKernels.Square, false),
        (MapKernels.Negate, false), (MapKernels.Abs, false), (MapKernels.Gelu, false), (MapKernels.GeluTanh, false), (MapKernels.Silu, false), (MapKernels.Softplus, false),
        (MapKernel.Of("multiply scalar", MapUse.None, new MultiplyScalarOp<double>(-1.5), new MultiplyScalarOp<float>(-1.5f), new MultiplyScalarOp<float>(-1.5f)), false),
    ];

    private static IReadOnlyList<ZipKernel> Zips { get; } = [AddFunction.Kernel, SubtractFunction.Kernel, MultiplyFunction.Kernel, DivideFunction.Kernel];

    /// <summary>Three large uploads in a row onto a range that queued copies still read; the third goes by the landing buffer of the first, which the device has yet to read.</summary>
    private static void UploadWhereWorkReads(PrimitiveBench b)
    {
        const int Length = GpuUploads.SmallLength + 1, Uploads = 3, Copies = 32;
        TensorRange place = b.Input(2 * GpuUploads.PieceLength), old = b.Output(place.Length);
        for (int i = 0; i < Copies; i++) b.Device.Copy(place, old);
        var values = new float[Length];
        for (int i = 1; i <= Uploads; i++)
        {
            for (int at = 0; at < Length; at++) values[at] = (i * 1024) + (at % 1021);
            b.Device.Upload(values, place.Slice(i * Length, Length));
        }
        // The array is the caller's again.
        Array.Fill(values, float.NaN);
    }

    /// <summary>A factor that keeps a sum over so many products near 1, so that the tolerance is relative to what is summed.</summary>
    private static float Share(int summands) => 1 / MathF.Sqrt(Math.Max(1, summands));

    /// <summary>Which inputs are the largest ones, found by the reference: a gradient's check must not rest on the device's own search.</summary>
    private static int[] Winners(int inputs, int outputs, Action<Device, TensorRange, TensorRange, TensorRange> find)
    {
        using var reference = new ReferenceDevice();
        var winners = new int[outputs];
        PrimitiveBench.Run(reference, b =>
        {
            TensorRange indices = b.Integers(winners);
            find(reference, b.Input(inputs), b.Output(outputs), indices);
            reference.Download(indices, winners);
        });
        return winners;
    }

    /// <summary>Values with many ties; of kind 2 some are NaN, of kind 3 none is a number.</summary>
    private static float[] Ties(int length, int kind)
    {
        var values = new float[length];
        for (int i = 0; i < length; i++) values[i] = kind == 3 || (kind == 2 && i * 31 % 17 == 3) ? float.NaN : (i * 7919 % 5) - 4;
        return values;
    }
}
