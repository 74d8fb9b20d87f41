using ResearchFreeze.Autograd;

namespace ResearchFreeze.Tests.Autograd;

/// <summary>
/// Every primitive of a device against the float64 reference, which defines what it means: odd sizes, unaligned ranges, every beta, ranges used in place,
/// garbage in outputs that are
/// overwritten. A device's tests derive from this class; products are in the other half of it.
/// </summary>
public abstract partial class DevicePrimitiveParity : IDisposable
{
    private static readonly float[] Betas = [0, 1, 0.5f];
    private readonly List<Twin> twins = [];
    private readonly RandomStream random = new(42, "parity");
    private readonly ReferenceDevice reference = new();
    private Device? device;
    private long liveBefore;

    /// <summary>Makes the device; skips the test, with the reason, where there is none.</summary>
    protected abstract Device CreateDevice();

    /// <summary>Whether the device is this test's alone; one that is expensive to make is shared.</summary>
    protected virtual bool OwnsDevice => true;

    /// <summary>Allowed error relative to max(1, largest magnitude).</summary>
    protected abstract double Tolerance { get; }

    /// <summary>The largest extent worth the time on this device.</summary>
    protected virtual int MaxExtent => 700;

    /// <summary>Elements of the largest element-wise ranges.</summary>
    protected virtual int MaxElements => 40_003;

    private Device Device
    {
        get
        {
            if (device is null)
            {
                device = CreateDevice();
                liveBefore = device.Counters.LiveBytes;
            }
            return device;
        }
    }

    private IEnumerable<int> Lengths => new[] { 1, 7, 8, 13, 31, 64, 129, 1000, 40_003 }.Where(length => length <= MaxElements);

    public void Dispose()
    {
        foreach (Twin twin in twins) twin.Release();
        if (device is not null)
        {
            Assert.Equal(liveBefore, device.Counters.LiveBytes);
            if (OwnsDevice) device.Dispose();
        }
        reference.Dispose();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public void UploadedValuesComeBack()
    {
        foreach (int length in Lengths)
        {
            float[] values = [.. Draw(length, -5, 5).Select(value => (float)value)];
            Twin x = Garbage("x", length);
            foreach (Device on in Both()) on.Upload(values, x.On(on));
            Check($"upload {length}", x);
            var singles = new float[length];
            Device.Download(x.OnDevice, singles);
            Assert.Equal(values, singles);

            int[] integers = [.. values.Select(value => (int)(value * 1e8f))], back = new int[length];
            Device.Download(Keep(Twin.Of("integers", integers, reference, Device)).OnDevice, back);
            Assert.Equal(integers, back);
            Release();
        }
    }

    [Fact]
    public void CopyAndFillWriteTheirRangeOnly()
    {
        foreach (int length in Lengths)
        {
            Twin x = Random("x", length), y = Garbage("y", length), z = Garbage("z", length);
            Twin from = Keep(Twin.Of("from", [.. Enumerable.Range(0, length)], reference, Device)), to = Keep(Twin.Of("to", new int[length], reference, Device));
            foreach (Device on in Both())
            {
                on.Copy(x.On(on), y.On(on));
                on.Fill(z.On(on), 0.1);
                on.Copy(from.On(on), to.On(on));
            }
            Check($"copy and fill {length}", y, z);
            var integers = new int[length];
            Device.Download(to.OnDevice, integers);
            Assert.Equal(Enumerable.Range(0, length), integers);
            Release();
        }
    }

    [Fact]
    public void MapAppliesEveryFunction()
    {
        foreach ((MapKernel kernel, double low) in Maps())
        {
            foreach (int length in Lengths)
            {
                foreach (float beta in Betas)
                {
                    Twin x = Random("x", length, low, 4), y = Output("y", length, beta), own = Random("in place", length, low, 4);
                    foreach (Device on in Both())
                    {
                        on.Map(kernel, x.On(on), y.On(on), beta);
                        on.Map(kernel, own.On(on), own.On(on), beta);
                    }
                    Check($"map {kernel.Name} {length} beta {beta}", y, own);
                    Release();
                }
            }
        }
    }

    [Fact]
    public void MapBackwardMultipliesWithTheDerivative()
    {
        foreach ((MapKernel kernel, double low) in Maps())
        {
            foreach (int length in Lengths)
            {
                foreach (float beta in Betas)
                {
                    Twin x = Random("x", length, low, 3), y = Random("y", length, 0.1, 0.9), dy = Random("dy", length);
                    Twin dx = Output("dx", length, beta), own = Random("in place", length);
                    foreach (Device on in Both())
                    {
                        on.MapBackward(kernel, x.On(on), y.On(on), dy.On(on), dx.On(on), beta);
                        on.MapBackward(kernel, x.On(on), y.On(on), own.On(on), own.On(on), beta);
                    }
                    Check($"map backward {kernel.Name} {length} beta {beta}", dx, own);
                    Release();
                }
            }
        }
    }

    [Fact]
    public void ZipBroadcastsEveryWay()
    {
        (Shape A, Shape B)[] shapes =
        [
            ([], []), ([1], [1, 1]), ([7], [7]), ([129], [129]), ([13], []), ([], [31]), ([13, 31], [31]), ([31], [13, 31]), ([13, 31], [13, 1]),
            ([13, 1], [13, 31]), ([7, 1], [1, 9]), ([5, 1, 17], [1, 3, 17]), ([2, 3, 5, 7], [3, 1, 7]),
            ([2, 1, 5, 1], [1, 3, 1, 7]), ([4, 3, 5], [4, 3, 5]), ([6, 10], [10]), ([0, 4], [4]), ([3, 8], [1, 1]),
            ([Big(900), 33], [33]), ([Big(150), 1, 21], [10, 1]), ([2, Big(40000)], [2, 1]),
        ];
        int turn = 0;
        foreach ((Shape a, Shape b) in shapes)
        {
            foreach (ZipKernel kernel in Zips)
            {
                string name = kernel.Name;
                var layout = new ZipLayout(a, b, name);
                float beta = Betas[turn++ % Betas.Length];
                Twin left = Random("a", a.Count), right = Random("b", b.Count, 0.5, 2), y = Output("y", layout.Output.Count, beta);
                foreach (Device on in Both())
                {
                    on.Zip(kernel, layout, left.On(on), right.On(on), y.On(on), beta);
                    if (a == layout.Output) on.Zip(kernel, layout, left.On(on), right.On(on), left.On(on), beta);
                    if (b == layout.Output) on.Zip(kernel, layout, left.On(on), right.On(on), right.On(on), beta);
                }
                Check($"zip {name} {a} {b} beta {beta}", y, left, right);
                Release();
            }
        }
    }

    [Fact]
    public void AddScaledAddsInOnePass()
    {
        foreach (int length in Lengths)
        {
            foreach (float beta in Betas)
            {
                Twin x = Random("x", length), y = Output("y", length, beta), own = Random("in place", length);
                foreach (Device on in Both())
                {
                    on.AddScaled(-0.3f, x.On(on), beta, y.On(on));
                    on.AddScaled(0.7f, own.On(on), beta, own.On(on));
                }
                Check($"add scaled {length} beta {beta}", y, own);
                Release();
            }
        }
    }

    [Fact]
    public void RestoreWhereWritesWhereTheMaskIsZeroAndNowhereElse()
    {
        foreach (int length in Lengths)
        {
            double[] entries = [.. Draw(length, -1, 1).Select(value => value < 0 ? 0.0 : 1.0)], x = Draw(length, -5, 5), y = Draw(length, -5, 5);
            Twin mask = Keep(Twin.Of("mask", entries, reference, Device)), from = Keep(Twin.Of("x", x, reference, Device)), to = Keep(Twin.Of("y", y, reference, Device));
            foreach (Device on in Both()) on.RestoreWhere(mask.On(on), from.On(on), to.On(on));
            Check($"restore where {length}", to);
            var found = new float[length];
            Device.Download(to.OnDevice, found);
            Assert.Equal(entries.Select((entry, i) => (float)(entry == 0 ? x[i] : y[i])), found);
            Release();
        }
    }

    [Fact]
    public void ReduceSumsAndExpandRepeatsOverAnyAxes()
    {
        List<(Shape Shape, int Summed)> cases =
        [
            ([], 0), ([1], 1), ([0, 3], 1), ([25 * Big(3600)], 1), ([3, 9 * Big(3600)], 2), ([Big(3000), 10], 1), ([Big(2500), 33], 1), ([5, Big(700)], 1), ([Big(2000), 3, 5], 5),
        ];
        foreach (Shape shape in (Shape[])[[3, 5, 2, 7], [13, 31], [1, 9, 1, 4], [2, 70, 3], [129], [31, 129]])
        {
            for (int summed = 0; summed < 1 << shape.Rank; summed++) cases.Add((shape, summed));
        }
        int turn = 0;
        foreach ((Shape shape, int summed) in cases)
        {
            var layout = new ReduceLayout(shape, summed);
            float beta = Betas[turn++ % Betas.Length];
            Twin x = Random("x", layout.Inputs), y = Output("y", layout.Outputs, beta), z = Output("z", layout.Inputs, beta), small = Random("small", layout.Outputs);
            foreach (Device on in Both())
            {
                on.Reduce(layout, 0.5f, x.On(on), y.On(on), beta);
                on.Expand(layout, -2, small.On(on), z.On(on), beta);
            }
            Check($"reduce and expand {shape} axes {summed:b} beta {beta}", y, z);
            Release();
        }
    }

    [Fact]
    public void DropoutDrawsTheReferencesMask()
    {
        foreach (int length in Lengths)
        {
            foreach (float beta in Betas)
            {
                foreach (float probability in (float[])[0, 0.1f, 0.5f, 0.999f])
                {
                    var key = new DropoutKey(RandomStream.KeyOf(7, "dropout"), 1UL << 33 | 5, probability);
                    Twin x = Random("x", length, 0.5, 1), y = Output("y", length, beta), own = Random("in place", length, 0.5, 1);
                    foreach (Device on in Both())
                    {
                        on.Dropout(key, x.On(on), y.On(on), beta);
                        on.Dropout(key, own.On(on), own.On(on), beta);
                    }
                    Check($"dropout {probability} {length} beta {beta}", y, own);
                    if (beta == 0) Assert.Equal(y.Values(reference).Select(value => value == 0), y.Values(Device).Select(value => value == 0));
                    Release();
                }
            }
        }
    }

    private static IReadOnlyList<ZipKernel> Zips { get; } =
    [
        AddFunction.Kernel, SubtractFunction.Kernel, MultiplyFunction.Kernel, DivideFunction.Kernel, Tensor.MaximumKernel, Tensor.MinimumKernel, Tensor.LargerShare, Tensor.SmallerShare,
        BinaryCrossEntropyFunction.Kernel, BinaryCrossEntropyFunction.LogitSlope, BinaryCrossEntropyFunction.NegatedProduct,
    ];

    private static IEnumerable<(MapKernel Kernel, double Low)> Maps()
    {
        yield return (MapKernels.Relu, -4);
        yield return (MapKernels.Tanh, -4);
        yield return (MapKernels.Sigmoid, -4);
        yield return (MapKernels.Exp, -4);
        yield return (MapKernels.Log, 0.01);
        yield return (MapKernels.Sqrt, 0.01);
        yield return (MapKernels.Square, -4);
        yield return (MapKernels.Negate, -4);
        yield return (MapKernels.Abs, -4);
        yield return (MapKernels.Gelu, -4);
        yield return (MapKernels.GeluTanh, -4);
        yield return (MapKernels.Silu, -4);
        yield return (MapKernels.Softplus, -4);
        yield return (Tensor.LeakyReluKernel(0.3), -4);
        yield return (Tensor.PowKernel(3), -4);
        yield return (Tensor.PowKernel(-1.5), 0.5);
        yield return (Tensor.PowKernel(2.5), 0.01);
        yield return (Tensor.ClampKernel(-1.3, 0.7), -4);
        yield return (Tensor.HuberKernel(0.8), -4);
        var multiply = new MultiplyScalarOp<float>(0.3f);
        yield return (MapKernel.Of("multiply scalar", MapUse.None, new MultiplyScalarOp<double>(0.3), multiply, multiply), -4);
        var add = new AddScalarOp<float>(0.3f);
        yield return (MapKernel.Of("add scalar", MapUse.None, new AddScalarOp<double>(0.3), add, add), -4);
    }

    /// <summary>A large extent, as far as the device's limit on elements lets it be.</summary>
    private int Big(int extent) => Math.Max(1, Math.Min(extent, MaxElements / 10));

    private Device[] Both() => [reference, Device];

    private Twin Keep(Twin twin)
    {
        twins.Add(twin);
        return twin;
    }

    private double[] Draw(int length, double low, double high)
    {
        var values = new double[length];
        for (int i = 0; i < length; i++) values[i] = (float)(low + ((high - low) * random.NextDouble()));   // the same number on both
        return values;
    }

    private Twin Random(string name, int length, double low = -1, double high = 1) => Keep(Twin.Of(name, Draw(length, low, high), reference, Device));

    private Twin Garbage(string name, int length) => Keep(Twin.Of(name, [.. Enumerable.Repeat(double.NaN, length)], reference, Device));

    /// <summary>What is overwritten holds garbage before; what is accumulated into holds numbers.</summary>
    private Twin Output(string name, int length, float beta) => beta == 0 ? Garbage(name, length) : Random(name, length);

    private void Check(string label, params ReadOnlySpan<Twin> outputs) => Check(label, 1, outputs);

    /// <summary>With errors relative to <paramref name="scale"/>, or to the largest expected element where that is larger.</summary>
    private void Check(string label, double scale, params ReadOnlySpan<Twin> outputs)
    {
        foreach (Twin output in outputs) output.AssertSame(label, reference, Device, Tolerance, scale);
    }

    private void Release()
    {
        foreach (Twin twin in twins) twin.Release();
        twins.Clear();
    }
}
