namespace ResearchFreeze.Autograd;

/// <summary>
/// 3×3 convolutions by Winograd's algorithm on tiles of 4×4 results. Which convolutions are done so follows from the shape alone, so that a result does not depend on the machine's threads. Errors are a few times those
/// of the plain sums: about 1e-6 of the largest result.
/// </summary>
internal sealed unsafe class CpuWinograd<TKernel>(CpuThreads threads, GemmSpace[] spaces) : IDisposable
    where TKernel : struct, IGemmKernel
{
    // With fewer channels transforming costs more than the products save, sooner so where both operands are transformed; with fewer tiles the weights' transform does.
    private const int MinChannels = 3;
    private const int MinWeightGradientChannels = 6;
    private const int MinTiles = 16;

    // Of one image, where the choice is by one: an image's bits must not depend on how many there are. Four tiles of a batch of one take longer than without; of a batch they are as good as any.
    private const int MinImageTiles = 4;

    // Elements of transformed weights: 128 MiB. Wider layers are rare and done directly.
    private const long MaxWeights = 1 << 25;

    // Of the pixels that tiles make, this share must be wanted.
    private const double MinUse = 0.5;

    private readonly NativeBuffer zeros = new();
    private readonly NativeBuffer weights = new();
    private readonly NativeBuffer partials = new();

    /// <summary>Whether a convolution is done so.</summary>
    public static bool DoesForward(in Conv2dShape shape) => Fits(shape with { Batch = 1 }, new Size2(shape.OutputHeight, shape.OutputWidth), MinChannels, MinImageTiles);

    /// <summary>Whether an input gradient is done so.</summary>
    public static bool DoesInputGradient(in Conv2dShape shape) => Fits(shape with { Batch = 1 }, new Size2(shape.Height, shape.Width), MinChannels, MinImageTiles);

    /// <summary>Whether a weight gradient is done so.</summary>
    public static bool DoesWeightGradient(in Conv2dShape shape) => Fits(shape, new Size2(shape.OutputHeight, shape.OutputWidth), MinWeightGradientChannels, MinTiles);

    private static bool Fits(in Conv2dShape shape, Size2 grid, int channels, int least)
    {
        if (shape.Kernel != new Size2(3, 3) || shape.Stride != new Size2(1, 1) || shape.Dilation != new Size2(1, 1) || shape.Groups != 1) return false;
        if (Math.Min(shape.Channels, shape.Outputs) < channels) return false;
        // A panel holds whole vectors.
        if ((long)WinogradTransform.Points * shape.Channels * shape.Outputs > MaxWeights || Lanes.Count > TKernel.Columns) return false;
        const int Side = WinogradTransform.Outputs;
        long tiles = (long)shape.Batch * ((grid.Height + Side - 1) / Side) * ((grid.Width + Side - 1) / Side);
        return tiles >= least && (double)shape.Batch * grid.Height * grid.Width >= MinUse * tiles * Side * Side;
    }

    public void Forward(in Conv2dShape shape, float* x, float* w, float* bias, float* y, Activation activation)
    {
        var grid = new Size2(shape.OutputHeight, shape.OutputWidth);
        Run(Images(shape, x), new WinogradResult { First = y, Size = grid, Channels = shape.Outputs, Bias = bias, Activation = activation }, Weights(shape, w, isGradient: false), shape);
    }

    public void InputGradient(in Conv2dShape shape, float* dy, float* w, float* dx, float beta)
    {
        var size = new Size2(shape.Height, shape.Width);
        WinogradTiles tiles = Gradient(shape, dy) with { Grid = size, Origin = new Size2(shape.Padding.Height + 1 - WinogradTransform.Taps, shape.Padding.Width + 1 - WinogradTransform.Taps) };
        Run(tiles, new WinogradResult { First = dx, Size = size, Channels = shape.Channels, Beta = beta }, Weights(shape, w, isGradient: true), shape);
    }

    public void WeightGradient(in Conv2dShape shape, float* x, float* dy, float* dw, float beta)
    {
        var product = new WinogradWeightProduct<TKernel> { Images = Images(shape, x), Gradient = Gradient(shape, dy), Spaces = spaces };
        product.Count = shape.Batch * product.Images.Down * product.Images.Across;
        product.Zeros = product.Images.Zeros;
        product.Cut(CpuParallel.PartsOf(threads, shape.Flops));
        // A whole vector is read from the last row's end.
        product.Partial = partials.Floats(((long)product.Chunks * product.Sums) + Lanes.Count);
        CpuParallel.Run(threads, ref product, product.Parts, shape.Flops);
        var taps = new WinogradTapGradients
        {
            Partial = product.Partial,
            Chunks = product.Chunks,
            Outputs = shape.Outputs,
            Channels = shape.Channels,
            Width = product.Width,
            Result = dw,
            Beta = beta,
        };
        CpuParallel.For(threads, ref taps, shape.Outputs, WinogradTransform.Points * shape.Channels * product.Chunks);
    }

    public void Dispose()
    {
        zeros.Free();
        weights.Free();
        partials.Free();
    }

    private void Run(in WinogradTiles tiles, in WinogradResult result, in WinogradWeights layout, in Conv2dShape shape)
    {
        var product = new WinogradProduct<TKernel> { Tiles = tiles, Result = result, Weights = layout, Count = shape.Batch * tiles.Down * tiles.Across, Zeros = tiles.Zeros, Spaces = spaces };
        product.Cut(CpuParallel.PartsOf(threads, shape.Flops));
        product.Transformed = weights.Floats(layout.Stride * WinogradTransform.Points);
        var transform = new TransformWork { Weights = layout, To = product.Transformed };
        CpuParallel.Run(threads, ref transform, layout.Panels, shape.Flops);
        CpuParallel.Run(threads, ref product, product.Parts, shape.Flops);
    }

    private WinogradTiles Images(in Conv2dShape shape, float* x) => new()
    {
        Source = x,
        Zeros = Zeros(shape),
        Size = new Size2(shape.Height, shape.Width),
        Channels = shape.Channels,
        Taken = shape.Channels,
        Grid = new Size2(shape.OutputHeight, shape.OutputWidth),
        Origin = new Size2(-shape.Padding.Height, -shape.Padding.Width),
    };

    /// <summary>The output gradient, a tile of 4×4 for each of the result's.</summary>
    private WinogradTiles Gradient(in Conv2dShape shape, float* dy) => new()
    {
        Source = dy,
        Zeros = Zeros(shape),
        Size = new Size2(shape.OutputHeight, shape.OutputWidth),
        Channels = shape.Outputs,
        Taken = shape.Outputs,
        Grid = new Size2(shape.OutputHeight, shape.OutputWidth),
    };

    private static WinogradWeights Weights(in Conv2dShape shape, float* w, bool isGradient) => new()
    {
        W = w,
        Channels = shape.Channels,
        Outputs = shape.Outputs,
        IsGradient = isGradient,
        Width = TKernel.Columns,
    };

    /// <summary>A pixel of zeros, and what sums begin with.</summary>
    private float* Zeros(in Conv2dShape shape)
    {
        int count = Math.Max(Math.Max(shape.Channels, shape.Outputs) + Lanes.Count, TKernel.Columns);
        float* values = zeros.Floats(count);
        new Span<float>(values, count).Clear();
        return values;
    }

    private struct TransformWork : IParallelWork
    {
        public WinogradWeights Weights;
        public float* To;

        public readonly void Run(int part, int worker) => Weights.Transform(part, To);
    }
}
