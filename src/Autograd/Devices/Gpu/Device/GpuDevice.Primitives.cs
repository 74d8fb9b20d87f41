using ILGPU;

namespace ResearchFreeze.Autograd;

// From a primitive to launches. An empty launch is an error on every driver, so empty ranges return early.
public sealed partial class GpuDevice
{
    private const int ThreadChunk = 256, GroupChunk = 8192, MaxChunks = 1024;

    /// <inheritdoc/>
    protected override void FillCore(TensorRange y, double value)
    {
        if (y.Length > 0) launchers.Fill(stream, PerElement(y.Length), Reals(y), (float)value);
    }

    /// <inheritdoc/>
    protected override void MapCore(MapKernel kernel, TensorRange x, TensorRange y, float beta)
    {
        if (y.Length > 0) kernel.Gpu.Launch(this, x, y, beta);
    }

    /// <inheritdoc/>
    protected override void MapBackwardCore(MapKernel kernel, TensorRange x, TensorRange y, TensorRange dy, TensorRange dx, float beta)
    {
        if (dx.Length > 0) kernel.Gpu.LaunchBackward(this, x, y, dy, dx, beta);
    }

    /// <inheritdoc/>
    protected override void ZipCore(ZipKernel kernel, in ZipLayout layout, TensorRange a, TensorRange b, TensorRange y, float beta)
    {
        if (y.Length > 0) kernel.Gpu.Launch(this, layout, a, b, y, beta);
    }

    /// <inheritdoc/>
    protected override void AddScaledCore(float alpha, TensorRange x, float beta, TensorRange y)
    {
        if (y.Length > 0) launchers.AddScaled(stream, PerElement(y.Length), alpha, Reals(x), beta, Reals(y));
    }

    /// <inheritdoc/>
    protected override void RestoreWhereCore(TensorRange mask, TensorRange x, TensorRange y)
    {
        if (y.Length > 0) launchers.RestoreWhere(stream, PerElement(y.Length), Reals(mask), Reals(x), Reals(y));
    }

    /// <inheritdoc/>
    protected override void ReduceCore(in ReduceLayout layout, double scale, TensorRange x, TensorRange y, float beta)
    {
        int outputs = layout.Outputs;
        if (outputs == 0) return;
        int count = layout.Inputs / outputs;
        var walk = ReduceWalk.Of(layout);
        bool byGroup = count >= 32 && walk.SummedStride0 == 1;
        // The cut follows from the layout alone: for parallelism where there are few outputs, and for accuracy.
        int shortest = byGroup ? GroupChunk : ThreadChunk;
        int chunks = Math.Clamp((count + shortest - 1) / shortest, 1, MaxChunks);
        if (chunks == 1)
        {
            Reduce(byGroup, Reals(x), Reals(y), walk, outputs, count, count, (float)scale, beta);
            return;
        }
        int chunk = (count + chunks - 1) / chunks;
        ArrayView<float> partials = Scratch((long)chunks * outputs);
        Reduce(byGroup, Reals(x), partials, walk, outputs, count, chunk, 1, 0);
        Reduce(chunks >= 32, partials, Reals(y), ReduceWalk.OfPartials(outputs, chunks), outputs, chunks, chunks, (float)scale, beta);
    }

    /// <inheritdoc/>
    protected override void ExpandCore(in ReduceLayout layout, double scale, TensorRange x, TensorRange y, float beta)
    {
        if (y.Length > 0) launchers.Expand(stream, PerElement(y.Length), Reals(x), Reals(y), BroadcastWalk.Of(layout), (float)scale, beta);
    }

    /// <inheritdoc/>
    protected override void SoftmaxCore(int rows, int columns, TensorRange x, TensorRange y)
    {
        if (y.Length > 0) launchers.Softmax(stream, PerRow(rows, columns), Reals(x), Reals(y), columns);
    }

    /// <inheritdoc/>
    protected override void SoftmaxBackwardCore(int rows, int columns, TensorRange y, TensorRange dy, TensorRange dx, float beta)
    {
        if (dx.Length > 0) launchers.SoftmaxBackward(stream, PerRow(rows, columns), Reals(y), Reals(dy), Reals(dx), columns, beta);
    }

    /// <inheritdoc/>
    protected override void CrossEntropyCore(
        in CrossEntropyShape shape, TensorRange logits, TensorRange labels, TensorRange? weights, TensorRange loss, TensorRange? rowState)
    {
        ArrayView<float> work = Scratch((3L * shape.Rows) + 1), terms = work.SubView(0, 2 * shape.Rows);
        ArrayView<float> state = rowState is { } range ? Reals(range) : work.SubView(2 * shape.Rows, shape.Rows + 1);
        if (shape.Rows > 0)
        {
            ArrayView<float> x = Reals(logits);
            ArrayView<float> w = weights is { } given ? Reals(given) : x;
            launchers.CrossEntropyRows(stream, PerRow(shape.Rows, shape.Classes), x, Integers(labels), w, state, terms, Arguments(shape, weights));
        }
        launchers.CrossEntropyFinish(stream, new KernelConfig(1, GroupFor(shape.Rows)), terms, state, Reals(loss), shape.Rows);
    }

    /// <inheritdoc/>
    protected override void CrossEntropyBackwardCore(
        in CrossEntropyShape shape,
        TensorRange logits,
        TensorRange labels,
        TensorRange? weights,
        TensorRange rowState,
        TensorRange dloss,
        TensorRange dlogits,
        float beta)
    {
        if (dlogits.Length == 0) return;
        ArrayView<float> x = Reals(logits);
        ArrayView<float> w = weights is { } given ? Reals(given) : x;
        launchers.CrossEntropyBackward(
            stream, PerRow(shape.Rows, shape.Classes), x, Integers(labels), w, Reals(rowState), Reals(dloss), Reals(dlogits), Arguments(shape, weights), beta);
    }

    /// <inheritdoc/>
    protected override void DropoutCore(in DropoutKey key, TensorRange x, TensorRange y, float beta)
    {
        if (y.Length == 0) return;
        RequireWhole(key);
        int blocks = (int)(((long)y.Length + 3) / 4);
        TensorRange? pass = Recorder?.PassOf(key);
        // A view that is not read has to be of something all the same.
        launchers.Dropout(stream, PerElement(blocks), Reals(x), Reals(y), key.Stream, pass is null ? key.Step : 0, Reals(pass ?? x).Cast<int>(), pass is null ? 0 : 1, key.Threshold, key.Scale, beta);
    }

    /// <summary>The kernels draw for whole batches.</summary>
    private void RequireWhole(in DropoutKey key)
    {
        if (key.First != 0) throw new NotSupportedException($"{Name}: dropout of a part of a batch is drawn on the CPU only.");
    }

    internal void LaunchMap<TOp>(TOp op, TensorRange x, TensorRange y, float beta)
        where TOp : unmanaged, IMapOp<float> =>
        launchers.Map<TOp>()(stream, PerElement(y.Length), Reals(x), Reals(y), beta, op);

    internal void LaunchMapBackward<TOp>(TOp op, TensorRange x, TensorRange y, TensorRange dy, TensorRange dx, float beta)
        where TOp : unmanaged, IMapOp<float> =>
        launchers.MapBackward<TOp>()(stream, PerElement(dx.Length), Reals(x), Reals(y), Reals(dy), Reals(dx), beta, op);

    internal void LaunchZip<TOp>(TOp op, in ZipLayout layout, TensorRange a, TensorRange b, TensorRange y, float beta)
        where TOp : unmanaged, IZipOp<float>
    {
        bool isPlain = layout.Rank == 1 && layout.StrideA(0) == 1 && layout.StrideB(0) == 1;
        if (isPlain) launchers.Zip<TOp>()(stream, PerElement(y.Length), Reals(a), Reals(b), Reals(y), beta, op);
        else launchers.ZipBroadcast<TOp>()(stream, PerElement(y.Length), Reals(a), Reals(b), Reals(y), BroadcastWalk.Of(layout), beta, op);
    }

    private static KernelConfig PerElement(int length) => new((int)(((long)length + Cell.GroupSize - 1) / Cell.GroupSize), Cell.GroupSize);

    private static KernelConfig PerRow(int rows, int columns) => new(rows, GroupFor(columns));

    /// <summary>Threads for this many elements: 64 or 256, so that short rows waste fewer; drivers such as PoCL compile a kernel once for each.</summary>
    private static int GroupFor(int elements) => elements <= 64 ? 64 : Cell.GroupSize;

    private static CrossEntropyArguments Arguments(in CrossEntropyShape shape, TensorRange? weights) => new()
    {
        Rows = shape.Rows,
        Classes = shape.Classes,
        IgnoreIndex = shape.IgnoreIndex,
        HasWeights = weights is null ? 0 : 1,
        Smoothing = shape.Smoothing,
    };

    private void Reduce(bool byGroup, ArrayView<float> x, ArrayView<float> y, ReduceWalk walk, int outputs, int count, int chunk, float scale, float beta)
    {
        if (byGroup) launchers.ReduceByGroup(stream, new KernelConfig(y.IntLength, GroupFor(chunk)), x, y, walk, outputs, count, chunk, scale, beta);
        else launchers.ReduceByThread(stream, PerElement(y.IntLength), x, y, walk, outputs, count, chunk, scale, beta);
    }
}
