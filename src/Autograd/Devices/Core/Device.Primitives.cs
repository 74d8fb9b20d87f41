namespace ResearchFreeze.Autograd;

// The primitives that users and operations call: check the ranges, raise the version of what is written, count, run.
// "beta" means y ← result + beta·y throughout; with beta = 0 the old content is never read.
public abstract partial class Device
{
    /// <summary>Writes host values.</summary>
    public void Upload(ReadOnlySpan<float> values, TensorRange y)
    {
        Written(Primitive.Upload, ElementKind.Real, y, values.Length);
        Counters.Count(Primitive.Upload, 0, Bytes(y));
        UploadCore(values, y);
    }

    /// <inheritdoc cref="Upload(ReadOnlySpan{float}, TensorRange)"/>
    public void Upload(ReadOnlySpan<double> values, TensorRange y)
    {
        Written(Primitive.Upload, ElementKind.Real, y, values.Length);
        Counters.Count(Primitive.Upload, 0, Bytes(y));
        UploadCore(values, y);
    }

    /// <inheritdoc cref="Upload(ReadOnlySpan{float}, TensorRange)"/>
    public void Upload(ReadOnlySpan<int> values, TensorRange y)
    {
        Written(Primitive.Upload, ElementKind.Int32, y, values.Length);
        Counters.Count(Primitive.Upload, 0, Bytes(y));
        UploadCore(values, y);
    }

    /// <summary>Waits for the device and reads values.</summary>
    public void Download(TensorRange x, Span<float> values)
    {
        Read(Primitive.Download, ElementKind.Real, x, values.Length);
        Counters.Count(Primitive.Download, 0, Bytes(x));
        DownloadCore(x, values);
    }

    /// <summary>Reads what the host can see at no cost: not counted, for it is neither a copy nor a wait. For synchronous devices alone.</summary>
    internal void Peek(TensorRange x, Span<double> values)
    {
        if (!IsSynchronous) throw new InvalidOperationException($"Peek: {Name} is not synchronous.");
        DownloadCore(x, values);
    }

    /// <inheritdoc cref="Download(TensorRange, Span{float})"/>
    public void Download(TensorRange x, Span<double> values)
    {
        Read(Primitive.Download, ElementKind.Real, x, values.Length);
        Counters.Count(Primitive.Download, 0, Bytes(x));
        DownloadCore(x, values);
    }

    /// <inheritdoc cref="Download(TensorRange, Span{float})"/>
    public void Download(TensorRange x, Span<int> values)
    {
        Read(Primitive.Download, ElementKind.Int32, x, values.Length);
        Counters.Count(Primitive.Download, 0, Bytes(x));
        DownloadCore(x, values);
    }

    /// <summary>y ← x, of either kind.</summary>
    public void Copy(TensorRange x, TensorRange y)
    {
        Read(Primitive.Copy, y.Storage.Kind, x, y.Length);
        Written(Primitive.Copy, x.Storage.Kind, y, x.Length);
        Counters.Count(Primitive.Copy, 0, 2 * Bytes(x));
        CopyCore(x, y);
    }

    /// <summary>y ← value.</summary>
    public void Fill(TensorRange y, double value)
    {
        Written(Primitive.Fill, ElementKind.Real, y, y.Length);
        Counters.Count(Primitive.Fill, 0, Bytes(y));
        FillCore(y, value);
    }

    /// <summary>y ← f(x) + beta·y. x and y may be the same range.</summary>
    public void Map(MapKernel kernel, TensorRange x, TensorRange y, float beta = 0)
    {
        Read(Primitive.Map, ElementKind.Real, x, y.Length);
        Written(Primitive.Map, ElementKind.Real, y, y.Length);
        Counters.Count(Primitive.Map, 0, Bytes(x) + Stores(y, beta));
        MapCore(kernel, x, y, beta);
    }

    /// <summary>dx ← dy·f'(x, y) + beta·dx, where x and y are given as <see cref="MapKernel.DerivativeUses"/> says (the others are ignored and may be <paramref name="dy"/>).
    /// dx and dy may be the same range.</summary>
    public void MapBackward(MapKernel kernel, TensorRange x, TensorRange y, TensorRange dy, TensorRange dx, float beta = 0)
    {
        Read(Primitive.MapBackward, ElementKind.Real, dy, dx.Length);
        Read(Primitive.MapBackward, ElementKind.Real, x, dx.Length);
        Read(Primitive.MapBackward, ElementKind.Real, y, dx.Length);
        Written(Primitive.MapBackward, ElementKind.Real, dx, dx.Length);
        // Not HasFlag, which makes garbage until it has been compiled a second time.
        int operands = 1 + ((kernel.DerivativeUses & MapUse.Input) != 0 ? 1 : 0) + ((kernel.DerivativeUses & MapUse.Output) != 0 ? 1 : 0);
        Counters.Count(Primitive.MapBackward, 0, (operands * Bytes(dy)) + Stores(dx, beta));
        MapBackwardCore(kernel, x, y, dy, dx, beta);
    }

    /// <summary>y ← f(a, b) + beta·y with broadcasting. y may be the same range as an operand of its own size.</summary>
    public void Zip(ZipKernel kernel, in ZipLayout layout, TensorRange a, TensorRange b, TensorRange y, float beta = 0)
    {
        Read(Primitive.Zip, ElementKind.Real, a, a.Length);
        Read(Primitive.Zip, ElementKind.Real, b, b.Length);
        Written(Primitive.Zip, ElementKind.Real, y, layout.Output.Count);
        Counters.Count(Primitive.Zip, 0, Bytes(a) + Bytes(b) + Stores(y, beta));
        ZipCore(kernel, layout, a, b, y, beta);
    }

    /// <summary>y ← alpha·x + beta·y.</summary>
    public void AddScaled(float alpha, TensorRange x, float beta, TensorRange y)
    {
        Read(Primitive.AddScaled, ElementKind.Real, x, y.Length);
        Written(Primitive.AddScaled, ElementKind.Real, y, y.Length);
        Counters.Count(Primitive.AddScaled, 0, Bytes(x) + Stores(y, beta));
        AddScaledCore(alpha, x, beta, y);
    }

    /// <summary>y[i] ← x[i] where mask[i] is zero; elsewhere y stays: takes back what an update did to scalars that rest, bit for bit.</summary>
    public void RestoreWhere(TensorRange mask, TensorRange x, TensorRange y)
    {
        Read(Primitive.RestoreWhere, ElementKind.Real, mask, y.Length);
        Read(Primitive.RestoreWhere, ElementKind.Real, x, y.Length);
        Written(Primitive.RestoreWhere, ElementKind.Real, y, y.Length);
        Counters.Count(Primitive.RestoreWhere, 0, Bytes(mask) + Bytes(x) + (2 * Bytes(y)));
        RestoreWhereCore(mask, x, y);
    }

    /// <summary>y ← scale·Σ x over the summed axes + beta·y. The order of summation follows from the layout alone.</summary>
    public void Reduce(in ReduceLayout layout, double scale, TensorRange x, TensorRange y, float beta = 0)
    {
        Read(Primitive.Reduce, ElementKind.Real, x, layout.Inputs);
        Written(Primitive.Reduce, ElementKind.Real, y, layout.Outputs);
        Counters.Count(Primitive.Reduce, 0, Bytes(x) + Stores(y, beta));
        ReduceCore(layout, scale, x, y, beta);
    }

    /// <summary>y ← scale·x, repeated along the summed axes, + beta·y: the adjoint of <see cref="Reduce"/>; the layout's inputs are y's elements, its outputs x's.</summary>
    public void Expand(in ReduceLayout layout, double scale, TensorRange x, TensorRange y, float beta = 0)
    {
        Read(Primitive.Expand, ElementKind.Real, x, layout.Outputs);
        Written(Primitive.Expand, ElementKind.Real, y, layout.Inputs);
        Counters.Count(Primitive.Expand, 0, Bytes(x) + Stores(y, beta));
        ExpandCore(layout, scale, x, y, beta);
    }

    /// <summary>C ← activation(op(A)·op(B) + bias) + beta·C; bias has N elements, or null. An activation needs beta = 0.</summary>
    public void Gemm(in GemmShape shape, TensorRange a, TensorRange b, TensorRange c, float beta = 0, TensorRange? bias = null, Activation activation = Activation.None)
    {
        Read(Primitive.Gemm, ElementKind.Real, a, Math.Max(a.Length, shape.LengthA));
        Read(Primitive.Gemm, ElementKind.Real, b, Math.Max(b.Length, shape.LengthB));
        if (bias is { } range) Read(Primitive.Gemm, ElementKind.Real, range, shape.N);
        if (activation != Activation.None && beta != 0) throw new ArgumentException($"Gemm: activation {activation} needs beta 0, found {beta}.");
        Written(Primitive.Gemm, ElementKind.Real, c, Math.Max(c.Length, shape.LengthC));
        Counters.Count(Primitive.Gemm, shape.Flops, Bytes(a) + Bytes(b) + (bias is { } n ? Bytes(n) : 0) + Stores(c, beta));
        GemmCore(shape, a, b, c, beta, bias, activation);
    }

    /// <summary>y ← softmax of each row of x.</summary>
    public void Softmax(int rows, int columns, TensorRange x, TensorRange y)
    {
        Read(Primitive.Softmax, ElementKind.Real, x, rows * columns);
        Written(Primitive.Softmax, ElementKind.Real, y, rows * columns);
        Counters.Count(Primitive.Softmax, 0, Bytes(x) + Bytes(y));
        SoftmaxCore(rows, columns, x, y);
    }

    /// <summary>dx ← y·(dy − Σ dy·y) for each row + beta·dx.</summary>
    public void SoftmaxBackward(int rows, int columns, TensorRange y, TensorRange dy, TensorRange dx, float beta = 0)
    {
        Read(Primitive.SoftmaxBackward, ElementKind.Real, y, rows * columns);
        Read(Primitive.SoftmaxBackward, ElementKind.Real, dy, rows * columns);
        Written(Primitive.SoftmaxBackward, ElementKind.Real, dx, rows * columns);
        Counters.Count(Primitive.SoftmaxBackward, 0, Bytes(y) + Bytes(dy) + Stores(dx, beta));
        SoftmaxBackwardCore(rows, columns, y, dy, dx, beta);
    }

    /// <summary>
    /// loss[0] ← mean cross entropy; rowState, if given, receives each row's log-sum-exp and then the total label weight (rows + 1 elements).
    /// A label outside [0, classes) that is not the ignored one makes the loss NaN on every device.
    /// </summary>
    public void CrossEntropy(in CrossEntropyShape shape, TensorRange logits, TensorRange labels, TensorRange? weights, TensorRange loss, TensorRange? rowState)
    {
        Read(Primitive.CrossEntropy, ElementKind.Real, logits, shape.Rows * shape.Classes);
        Read(Primitive.CrossEntropy, ElementKind.Int32, labels, shape.Rows);
        if (weights is { } w) Read(Primitive.CrossEntropy, ElementKind.Real, w, shape.Classes);
        Written(Primitive.CrossEntropy, ElementKind.Real, loss, 1);
        if (rowState is { } s) Written(Primitive.CrossEntropy, ElementKind.Real, s, shape.Rows + 1);
        Counters.Count(Primitive.CrossEntropy, 0, Bytes(logits) + Bytes(labels) + (rowState is { } state ? Bytes(state) : 0));
        CrossEntropyCore(shape, logits, labels, weights, loss, rowState);
    }

    /// <summary>dlogits ← dloss[0]·∂loss/∂logits + beta·dlogits, from the row state of the forward pass.</summary>
    public void CrossEntropyBackward(
        in CrossEntropyShape shape, TensorRange logits, TensorRange labels, TensorRange? weights, TensorRange rowState, TensorRange dloss, TensorRange dlogits, float beta = 0)
    {
        Read(Primitive.CrossEntropyBackward, ElementKind.Real, logits, shape.Rows * shape.Classes);
        Read(Primitive.CrossEntropyBackward, ElementKind.Int32, labels, shape.Rows);
        if (weights is { } w) Read(Primitive.CrossEntropyBackward, ElementKind.Real, w, shape.Classes);
        Read(Primitive.CrossEntropyBackward, ElementKind.Real, rowState, shape.Rows + 1);
        Read(Primitive.CrossEntropyBackward, ElementKind.Real, dloss, 1);
        Written(Primitive.CrossEntropyBackward, ElementKind.Real, dlogits, shape.Rows * shape.Classes);
        Counters.Count(Primitive.CrossEntropyBackward, 0, Bytes(logits) + Bytes(labels) + Bytes(rowState) + Stores(dlogits, beta));
        CrossEntropyBackwardCore(shape, logits, labels, weights, rowState, dloss, dlogits, beta);
    }

    /// <summary>y ← keep(i) ? scale·x : 0, + beta·y; the mask is drawn again from the key, never stored. Forward and backward alike. x and y may be the same range.</summary>
    public void Dropout(in DropoutKey key, TensorRange x, TensorRange y, float beta = 0)
    {
        Read(Primitive.Dropout, ElementKind.Real, x, y.Length);
        Written(Primitive.Dropout, ElementKind.Real, y, y.Length);
        Counters.Count(Primitive.Dropout, 0, Bytes(x) + Stores(y, beta));
        DropoutCore(key, x, y, beta);
    }

    /// <summary>
    /// Decides, on the device, whether and how a step is applied. state has 3 elements: [0] the factor for gradients: min(1, maxNorm / (√Σsums + 1e-6)), 1 where maxNorm is 0,
    /// NaN for a halted step; [1] steps applied so far; [2] from the first non-finite sum on 1 + its index, where only their sum is not finite 1 + their number (sticky: nothing is
    /// updated any more until the host resets it).
    /// </summary>
    public void StepGuard(TensorRange sums, float maxNorm, TensorRange state)
    {
        Read(Primitive.StepGuard, ElementKind.Real, sums, sums.Length);
        Written(Primitive.StepGuard, ElementKind.Real, state, 3);
        Counters.Count(Primitive.StepGuard, 0, Bytes(sums) + Bytes(state));
        StepGuardCore(sums, maxNorm, state);
    }

    private long Bytes(TensorRange range) => (long)range.Length * (range.Storage.Kind == ElementKind.Int32 ? sizeof(int) : RealSize);

    private long Stores(TensorRange range, float beta) => Bytes(range) * (beta == 0 ? 1 : 2);

    private void Read(Primitive primitive, ElementKind kind, TensorRange range, int length)
    {
        if (range.Storage.Device != this) throw new ArgumentException($"{primitive}: operand on {range.Storage.Device.Name}, expected {Name}.");
        if (range.Storage.Kind != kind) throw new ArgumentException($"{primitive}: operand of kind {range.Storage.Kind}, expected {kind}.");
        if (range.Length != length) throw new ArgumentException($"{primitive}: operand of {range.Length} elements, expected {length}.");
        if (range.Offset < 0 || range.Offset > range.Storage.Length - range.Length)
            throw new ArgumentException($"{primitive}: range {range.Offset}+{range.Length} outside a storage of {range.Storage.Length} elements.");
    }

    private void Written(Primitive primitive, ElementKind kind, TensorRange range, int length)
    {
        Read(primitive, kind, range, length);
        range.Storage.Version++;
    }
}
