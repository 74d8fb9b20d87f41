namespace ResearchFreeze.Autograd;

/// <summary>The CPU's convolutions, at one SIMD level. One call at a time, as on the device.</summary>
internal abstract unsafe class CpuConvolution : IDisposable
{
    /// <summary>y ← activation(x ∗ w + bias).</summary>
    public abstract void Forward(in Conv2dShape shape, float* x, float* w, float* bias, float* y, Activation activation);

    /// <summary>dx ← the gradient with respect to the images + beta·dx.</summary>
    public abstract void InputGradient(in Conv2dShape shape, float* dy, float* w, float* dx, float beta);

    /// <summary>dw ← the gradient with respect to the weights + beta·dw.</summary>
    public abstract void WeightGradient(in Conv2dShape shape, float* x, float* dy, float* dw, float beta);

    public abstract void Dispose();
}

/// <summary>
/// Convolutions as matrix products on the micro-kernels of <see cref="CpuGemm{TKernel}"/>, with no copy of the images' windows in memory: see
/// <see cref="PixelProduct{TKernel}"/> and <see cref="WeightProduct{TKernel}"/>; 3×3 kernels over enough channels by <see cref="CpuWinograd{TKernel}"/>. Kernels of one tap are
/// products as they are, but for their weight gradient, whose long sums are cut as any other's.
/// </summary>
internal sealed unsafe class CpuConvolution<TKernel> : CpuConvolution
    where TKernel : struct, IGemmKernel
{
    // Below this many elements, the weights are packed by the caller.
    private const long SmallWeights = 32_768;

    private readonly CpuThreads threads;
    private readonly CpuGemm gemm;
    private readonly NativeBuffer init = new();
    private readonly NativeBuffer weights = new();
    private readonly NativeBuffer partials = new();
    private readonly GemmSpace[] spaces;
    private readonly CpuWinograd<TKernel> winograd;

    public CpuConvolution(CpuThreads threads, CpuGemm gemm)
    {
        this.threads = threads;
        this.gemm = gemm;
        spaces = GemmSpace.For(threads.Count);
        winograd = new CpuWinograd<TKernel>(threads, spaces);
    }

    /// <inheritdoc/>
    public override void Forward(in Conv2dShape shape, float* x, float* w, float* bias, float* y, Activation activation)
    {
        if (IsProduct(shape))
        {
            gemm.Multiply(GemmShape.Of(shape.InputCount / shape.Channels, shape.Outputs, shape.Channels, transposeB: true), x, w, y, 0, bias, activation);
            return;
        }
        if (CpuWinograd<TKernel>.DoesForward(shape))
        {
            winograd.Forward(shape, x, w, bias, y, activation);
            return;
        }
        var product = new PixelProduct<TKernel>
        {
            Window = PixelWindow.OfImages(shape, x),
            Weights = new ConvolutionWeights { W = w, Shape = shape },
            Result = new PixelResult { First = y, Size = new Size2(shape.OutputHeight, shape.OutputWidth), Channels = shape.Outputs, Spread = 1 },
            Groups = shape.Groups,
            Rows = shape.Batch * shape.OutputHeight,
            N = shape.GroupOutputs,
            Activation = activation,
        };
        Run(ref product, bias);
    }

    /// <inheritdoc/>
    public override void InputGradient(in Conv2dShape shape, float* dy, float* w, float* dx, float beta)
    {
        if (IsProduct(shape))
        {
            gemm.Multiply(GemmShape.Of(shape.InputCount / shape.Channels, shape.Channels, shape.Outputs), dy, w, dx, beta, null, Activation.None);
            return;
        }
        if (CpuWinograd<TKernel>.DoesInputGradient(shape))
        {
            winograd.InputGradient(shape, dy, w, dx, beta);
            return;
        }
        if (HasGaps(shape) && beta != 1)
        {
            // One pass over all pixels, also those that no tap reaches; the others then have their old content, if any, scaled already.
            var scale = new ScaleWork { To = dx, Factor = beta };
            CpuParallel.For(threads, ref scale, shape.InputCount, 1);
            if (beta != 0) beta = 1;
        }
        for (int top = 0; top < shape.Stride.Height; top++)
        {
            PhaseTaps rows = PhaseTaps.OfRows(shape, top);
            for (int left = 0; left < shape.Stride.Width; left++)
            {
                float* first = dx + ((((nint)top * shape.Width) + left) * shape.Channels);
                Phase(shape, rows, PhaseTaps.OfColumns(shape, left), first, dy, w, beta);
            }
        }
    }

    /// <inheritdoc/>
    public override void WeightGradient(in Conv2dShape shape, float* x, float* dy, float* dw, float beta)
    {
        if (CpuWinograd<TKernel>.DoesWeightGradient(shape))
        {
            winograd.WeightGradient(shape, x, dy, dw, beta);
            return;
        }
        switch (NarrowWidth(shape))
        {
            case 1:
                NarrowWeightGradient<OneChannel>(shape, x, dy, dw, beta);
                return;
            case 2:
                NarrowWeightGradient<TwoChannels>(shape, x, dy, dw, beta);
                return;
            case 4:
                NarrowWeightGradient<FourChannels>(shape, x, dy, dw, beta);
                return;
        }
        var product = new WeightProduct<TKernel>
        {
            Window = PixelWindow.OfImages(shape, x),
            Gradient = dy,
            Outputs = shape.Outputs,
            Groups = shape.Groups,
            Rows = shape.Batch * shape.OutputHeight * PixelWindow.OfImages(shape, x).Runs,
            Zeros = Zeros(0),
            Spaces = spaces,
        };
        product.Cut(CpuParallel.PartsOf(threads, shape.Flops));
        // A whole vector is read from the last row's end.
        product.Partial = partials.Floats((product.Chunks * product.Groups * product.Sums) + Lanes.Count);
        CpuParallel.Run(threads, ref product, product.Parts, shape.Flops);
        var sums = new WeightSums
        {
            Window = product.Window,
            Partial = product.Partial,
            Chunks = product.Chunks,
            Groups = product.Groups,
            N = product.N,
            Width = product.Width,
            SliceRows = product.SliceRows,
            Sums = product.Sums,
            Result = dw,
            Beta = beta,
        };
        CpuParallel.For(threads, ref sums, sums.Groups * sums.Runs, product.Chunks * Lanes.Count * product.Window.K);
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        init.Free();
        weights.Free();
        partials.Free();
        winograd.Dispose();
        foreach (GemmSpace space in spaces) space.Free();
    }

    /// <summary>Channels of narrow groups with as many outputs, of which whole groups make a vector; 0 where groups are wider or otherwise.</summary>
    private static int NarrowWidth(in Conv2dShape shape) =>
        shape.Groups > 1 && shape.GroupChannels == shape.GroupOutputs && shape.GroupChannels is 1 or 2 or 4 ? shape.GroupChannels : 0;

    /// <summary>Whether it is one product of pixels and weights as they lie.</summary>
    private static bool IsProduct(in Conv2dShape shape) => shape is { Groups: 1, Kernel: { Height: 1, Width: 1 }, Stride: { Height: 1, Width: 1 }, Padding: { Height: 0, Width: 0 } };

    /// <summary>Whether some pixels of the images are read by no output.</summary>
    private static bool HasGaps(in Conv2dShape shape)
    {
        bool hasGaps = false;
        for (int phase = 0; phase < shape.Stride.Height; phase++) hasGaps |= PhaseTaps.OfRows(shape, phase).Taps == 0;
        for (int phase = 0; phase < shape.Stride.Width; phase++) hasGaps |= PhaseTaps.OfColumns(shape, phase).Taps == 0;
        return hasGaps;
    }

    /// <summary>The input gradient of every so many pixels, as many as the stride, from those taps that reach them.</summary>
    private void Phase(in Conv2dShape shape, PhaseTaps rows, PhaseTaps columns, float* dx, float* dy, float* w, float beta)
    {
        if (rows.Taps == 0 || columns.Taps == 0 || rows.Pixels == 0 || columns.Pixels == 0) return;
        var product = new PixelProduct<TKernel>
        {
            Window = PixelWindow.OfOutputGradient(shape, dy, rows, columns),
            Weights = new ConvolutionWeights { W = w, Shape = shape, IsGradient = true, Rows = rows, Columns = columns },
            Result = new PixelResult { First = dx, Size = new Size2(shape.Height, shape.Width), Channels = shape.Channels, Spread = shape.Stride },
            Groups = shape.Groups,
            Rows = shape.Batch * rows.Pixels,
            N = shape.GroupChannels,
            Beta = beta,
        };
        Run(ref product, null);
    }

    private void Run(ref PixelProduct<TKernel> product, float* bias)
    {
        if (product.Rows == 0) return;
        switch (NarrowWidth(product.Weights.Shape))
        {
            case 1:
                Narrow<OneChannel>(product, bias);
                return;
            case 2:
                Narrow<TwoChannels>(product, bias);
                return;
            case 4:
                Narrow<FourChannels>(product, bias);
                return;
        }
        Prepare(ref product, bias);
        long flops = 2L * product.Rows * product.Window.Grid.Width * product.N * product.Groups * product.Window.K;
        product.Rows *= product.Window.Runs;
        product.Cut(CpuParallel.PartsOf(threads, flops));
        product.PackedWeights = weights.Floats(product.PackedCount);
        var pack = new PackWork { Product = product };
        if (product.PackedCount >= SmallWeights) threads.Run(ref pack, product.WeightPanels);
        else for (int panel = 0; panel < product.WeightPanels; panel++) product.PackWeights(panel);
        CpuParallel.Run(threads, ref product, product.Parts, flops);
    }

    private void Narrow<TWidth>(in PixelProduct<TKernel> product, float* bias)
        where TWidth : struct, IGroupWidth
    {
        // Products for an element of the result: taps and channels of a group.
        int channels = product.Result.Channels, each = product.Window.K;
        var work = new GroupProduct<TWidth>
        {
            Window = product.Window,
            Weights = weights.Floats((long)each * channels),
            Result = product.Result,
            Beta = product.Beta,
            Activation = product.Activation,
            Bias = bias,
        };
        product.Weights.PackLanes(each / TWidth.Channels, work.Weights);
        CpuParallel.For(threads, ref work, product.Rows, (int)Math.Min(int.MaxValue, (long)product.Window.Grid.Width * channels * each));
    }

    private void NarrowWeightGradient<TWidth>(in Conv2dShape shape, float* x, float* dy, float* dw, float beta)
        where TWidth : struct, IGroupWidth
    {
        var work = new GroupWeightProduct<TWidth> { Window = PixelWindow.OfImages(shape, x), Gradient = dy, Rows = shape.Batch * shape.OutputHeight };
        work.Partial = partials.Floats(work.PartialCount);
        int parts = work.Chunks;
        CpuParallel.Run(threads, ref work, parts, shape.Flops);
        work.Add(dw, beta);
    }

    /// <summary>Zeros, as a row that sums begin with, and <paramref name="more"/> elements of room behind them.</summary>
    private float* Zeros(long more)
    {
        float* zeros = init.Floats(TKernel.Columns + more);
        new Span<float>(zeros, TKernel.Columns).Clear();
        return zeros;
    }

    /// <summary>The zeros, each group's bias padded to whole panels, and the threads' spaces.</summary>
    private void Prepare(ref PixelProduct<TKernel> product, float* bias)
    {
        int padded = (product.N + TKernel.Columns - 1) / TKernel.Columns * TKernel.Columns;
        product.Spaces = spaces;
        product.Zeros = Zeros((long)product.Groups * padded);
        if (bias == null) return;
        product.Bias = product.Zeros + TKernel.Columns;
        for (int group = 0; group < product.Groups; group++)
        {
            var to = new Span<float>(product.Bias + ((nint)group * padded), padded);
            new Span<float>(bias + ((nint)group * product.N), product.N).CopyTo(to);
            to[product.N..].Clear();
        }
    }

    private struct PackWork : IParallelWork
    {
        public PixelProduct<TKernel> Product;

        public readonly void Run(int part, int worker) => Product.PackWeights(part);
    }
}
