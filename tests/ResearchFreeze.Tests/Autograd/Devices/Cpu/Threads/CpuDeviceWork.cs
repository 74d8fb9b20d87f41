using ResearchFreeze.Autograd;

namespace ResearchFreeze.Tests.Autograd;

/// <summary>Every primitive of a device, ready to run again and again on memory rented once; large enough for threads to share.</summary>
internal sealed partial class CpuDeviceWork : IDisposable
{
    private const int Length = 70_001, Rows = 517, Columns = 131;
    private readonly Device device;
    private readonly List<TensorRange> ranges = [];
    private readonly List<(string Name, Action Run)> steps = [];
    private readonly RandomStream random = new(1, "work");
    private readonly List<TensorRange> integers = [];
    private readonly TensorRange labels;

    public CpuDeviceWork(Device device)
    {
        this.device = device;
        labels = Integers(Rows);
        Elementwise();
        Sums();
        Products();
        Convolutions();
        RowsAndSteps();
        Poolings();
        Normalisations();
        Views();
    }

    public IReadOnlyList<(string Name, Action Run)> Steps => steps;

    /// <summary>Everything the primitives have written and read.</summary>
    public IEnumerable<float[]> Contents => ranges.Select(range =>
    {
        var values = new float[range.Length];
        device.Download(range, values);
        return values;
    }).Concat(integers.Select(range =>
    {
        var values = new int[range.Length];
        device.Download(range, values);
        return Array.ConvertAll(values, BitConverter.Int32BitsToSingle);
    }));

    public void Dispose()
    {
        foreach (TensorRange range in ranges.Concat(integers)) range.Storage.Release();
    }

    private void Elementwise()
    {
        TensorRange x = Reals(Length), y = Reals(Length), z = Reals(Length), w = Reals(Length);
        foreach (MapKernel kernel in (MapKernel[])[MapKernels.Tanh, MapKernels.Exp, MapKernels.Sigmoid, MapKernels.Relu])
        {
            TensorRange to = Reals(Length), back = Reals(Length);
            Add($"map {kernel.Name}", () => device.Map(kernel, x, to));
            Add($"map backward {kernel.Name}", () => device.MapBackward(kernel, x, y, z, back, 1));
        }
        TensorRange matrix = Reals(Rows * Columns), row = Reals(Columns), product = Reals(Rows * Columns);
        var layout = new ZipLayout([Rows, Columns], [Columns], "add");
        Add("zip", () => device.Zip(AddFunction.Kernel, layout, matrix, row, product, 0.5f));
        Add("add scaled", () => device.AddScaled(0.5f, x, 0.25f, y));
        Add("copy", () => device.Copy(x, z));
        Add("fill", () => device.Fill(w, 2));
        var key = new DropoutKey(5, 6, 0.3f);
        TensorRange dropped = Reals(Length);
        Add("dropout", () => device.Dropout(key, x, dropped));
    }

    private void Sums()
    {
        TensorRange long1 = Reals(4 * Length), matrix = Reals(Rows * Columns), tall = Reals(9000 * 10), wide = Reals(Rows * Columns);
        TensorRange total = Reals(1), row = Reals(Columns), column = Reals(Rows), few = Reals(10);
        var all = new ReduceLayout([4 * Length], 1);
        ReduceLayout rows = new([Rows, Columns], 2), columns = new([Rows, Columns], 1), talls = new([9000, 10], 1);
        Add("reduce all", () => device.Reduce(all, 1, long1, total, 0.5f));
        Add("reduce rows", () => device.Reduce(rows, 1, matrix, column));
        Add("reduce columns", () => device.Reduce(columns, 1, matrix, row, 1));
        Add("reduce tall", () => device.Reduce(talls, 1, tall, few));
        Add("expand", () => device.Expand(columns, 1, row, wide));
        foreach (NormKind kind in Enum.GetValues<NormKind>())
        {
            TensorRange norm = Reals(1);
            Add($"norm {kind}", () => device.Norm(kind, matrix, wide, norm));
            TensorRange longNorm = Reals(1);
            Add($"long norm {kind}", () => device.Norm(kind, long1, long1, longNorm));
        }
    }

    private void Products()
    {
        for (int transpose = 0; transpose < 4; transpose++)
        {
            foreach ((int m, int n, int k) in ((int, int, int)[])[(150, 170, 300), (7, 200, 700), (300, 10, 128), (64, 64, 1100)])
            {
                GemmShape shape = GemmShape.Of(m, n, k, (transpose & 1) != 0, (transpose & 2) != 0);
                TensorRange a = Reals(m * k), b = Reals(k * n), c = Reals(m * n), bias = Reals(n), beside = Reals(m * n);
                Add($"gemm {shape}", () => device.Gemm(shape, a, b, c, 0, bias, Activation.Tanh));
                Add($"gemm {shape} added", () => device.Gemm(shape, a, b, beside, 0.5f));
            }
        }
        GemmShape batched = GemmShape.Of(65, 33, 40, false, true).Batched(12, 65 * 40, 33 * 40, 65 * 33), shared = batched with { StrideB = 0, TransposeB = false, LeadingB = 33 };
        TensorRange left = Reals(12 * 65 * 40), right = Reals(12 * 33 * 40), result = Reals(12 * 65 * 33), other = Reals(12 * 65 * 33);
        Add("gemm batched", () => device.Gemm(batched, left, right, result));
        Add("gemm shared", () => device.Gemm(shared, left, right, other, 1));
    }

    private void Convolutions()
    {
        Conv2dShape[] shapes =
        [
            new(3, 17, 18, 20, 35, 3, 1, 1, 1, 1),                               // several blocks of each sum
            new(2, 19, 33, 3, 18, 3, 1, 1, 1, 1),                                // joined taps
            new(4, 16, 15, 24, 40, 3, 2, 1, 1, 1),                               // phases
            new(4, 16, 16, 32, 33, 1, 2, 0, 1, 1),                               // phases without taps
            new(1, 7, 7, 130, 70, 3, 1, 1, 1, 1),                                // few pixels, many weights
            new(2, 16, 16, 72, 73, 3, 1, 1, 1, 1),                               // tiles of 4×4, sums in slices both ways
            new(1, 3, 600, 4, 20, 3, new Size2(2, 1), 1, 1, 1),                  // rows in runs
            new(2, 15, 17, 24, 36, 3, new Size2(1, 3), 2, 2, 4),                 // groups
            new(3, 21, 22, 45, 45, 3, 1, 1, 1, 45),                              // depthwise
            new(3, 21, 22, 45, 45, 3, 2, 1, 1, 45),
            new(3, 21, 22, 46, 46, 3, 1, 1, 1, 23),                              // groups of two and of four channels
            new(3, 21, 22, 44, 44, 3, 2, 1, 1, 11),
        ];
        foreach (Conv2dShape shape in shapes)
        {
            TensorRange x = Reals(shape.InputCount), w = Reals(shape.WeightCount), bias = Reals(shape.Outputs), y = Reals(shape.OutputCount);
            TensorRange dx = Reals(shape.InputCount), dw = Reals(shape.WeightCount), addedX = Reals(shape.InputCount), addedW = Reals(shape.WeightCount);
            Add($"{shape}", () => device.Conv2d(shape, x, w, bias, y, Activation.Tanh));
            Add($"input gradient {shape}", () => device.Conv2dInputGradient(shape, y, w, dx));
            Add($"input gradient {shape} added", () => device.Conv2dInputGradient(shape, y, w, addedX, 0.5f));
            Add($"weight gradient {shape}", () => device.Conv2dWeightGradient(shape, x, y, dw));
            Add($"weight gradient {shape} added", () => device.Conv2dWeightGradient(shape, x, y, addedW, 0.5f));
        }
    }

    private void RowsAndSteps()
    {
        TensorRange x = Reals(Rows * Columns), y = Reals(Rows * Columns), dx = Reals(Rows * Columns), loss = Reals(1), state = Reals(Rows + 1), gradient = Reals(Rows * Columns);
        device.Upload([.. Enumerable.Range(0, Rows).Select(i => i % Columns)], labels);
        var shape = new CrossEntropyShape(Rows, Columns, 0.1f, -100);
        Add("softmax", () => device.Softmax(Rows, Columns, x, y));
        Add("softmax backward", () => device.SoftmaxBackward(Rows, Columns, y, x, dx, 0.5f));
        Add("cross entropy", () => device.CrossEntropy(shape, x, labels, null, loss, state));
        Add("cross entropy backward", () => device.CrossEntropyBackward(shape, x, labels, null, state, loss, gradient));
        TensorRange rms = Reals(Length), lion = Reals(Length), mean = Reals(Length), w = Reals(Length), v = Reals(Length), g = Reals(Length), m = Reals(Length), adam = Reals(Length), square = Reals(Length), sums = Reals(3), guard = Reals(3);
        device.Fill(square, 0.5);
        device.Fill(guard, 0);
        Add("step guard", () => device.StepGuard(sums, 1, guard));
        var sgd = new SgdStep(0.01f, 0.9f, true, 0.01f);
        var step = new AdamStep(0.01f, 0.9f, 0.999f, 1e-8f, 0.01f, false, 3);
        Add("sgd", () => device.Sgd(sgd, w, g, v, guard));
        Add("adam", () => device.Adam(step, adam, g, m, square, guard));
        Add("rmsprop", () => device.RmsProp(new RmsPropStep(0.01f, 0.9f, 1e-8f, 0.9f, 0.01f), rms, g, square, v, guard));
        Add("lion", () => device.Lion(new LionStep(0.01f, 0.9f, 0.99f, 0.01f), lion, g, mean, guard));
    }

    private void Add(string name, Action run) => steps.Add((name, run));

    private TensorRange Integers(int length)
    {
        var range = new TensorRange(device.Rent(ElementKind.Int32, length, MemoryKind.Activation), 0, length);
        device.Upload(new int[length], range);
        integers.Add(range);
        return range;
    }

    private TensorRange Reals(int length)
    {
        Storage storage = device.Rent(ElementKind.Real, length + 3, MemoryKind.Activation);
        var range = new TensorRange(storage, 3, length);
        var values = new float[length];
        for (int i = 0; i < length; i++) values[i] = (float)random.NextDouble() - 0.4f;
        device.Upload(values, range);
        ranges.Add(range);
        return range;
    }
}
