namespace ResearchFreeze.Autograd;

// The primitives that users and operations call: check the ranges and count the call by the primitive's description (Device.Calls.cs), then run.
// "beta" means y ← result + beta·y throughout; with beta = 0 the old content is never read.
public abstract partial class Device
{
    private const int GuardLength = 3;

    /// <summary>Writes host values.</summary>
    public void Upload(ReadOnlySpan<float> values, TensorRange y)
    {
        using HeldCall call = Begin(Primitive.Upload, [new(OfKind(Primitive.Upload, y, ElementKind.Real), values.Length)]);
        UploadCore(values, y);
    }

    /// <inheritdoc cref="Upload(ReadOnlySpan{float}, TensorRange)"/>
    public void Upload(ReadOnlySpan<double> values, TensorRange y)
    {
        using HeldCall call = Begin(Primitive.Upload, [new(OfKind(Primitive.Upload, y, ElementKind.Real), values.Length)]);
        UploadCore(values, y);
    }

    /// <inheritdoc cref="Upload(ReadOnlySpan{float}, TensorRange)"/>
    public void Upload(ReadOnlySpan<int> values, TensorRange y)
    {
        using HeldCall call = Begin(Primitive.Upload, [new(OfKind(Primitive.Upload, y, ElementKind.Int32), values.Length)]);
        UploadCore(values, y);
    }

    /// <summary>Waits for the device and reads values. What is kept in bfloat16 is widened first.</summary>
    public void Download(TensorRange x, Span<float> values)
    {
        if (x.Storage is { Kind: ElementKind.BFloat16 })
        {
            DownloadWidened(x, values);
            return;
        }
        using HeldCall call = Begin(Primitive.Download, [new(OfKind(Primitive.Download, x, ElementKind.Real), values.Length)]);
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
        if (x.Storage is { Kind: ElementKind.BFloat16 })
        {
            DownloadWidened(x, values);
            return;
        }
        using HeldCall call = Begin(Primitive.Download, [new(OfKind(Primitive.Download, x, ElementKind.Real), values.Length)]);
        DownloadCore(x, values);
    }

    /// <inheritdoc cref="Download(TensorRange, Span{float})"/>
    public void Download(TensorRange x, Span<int> values)
    {
        using HeldCall call = Begin(Primitive.Download, [new(OfKind(Primitive.Download, x, ElementKind.Int32), values.Length)]);
        DownloadCore(x, values);
    }

    /// <summary>y ← x, of either kind. What is kept in bfloat16 is widened where y has reals.</summary>
    public void Copy(TensorRange x, TensorRange y)
    {
        if (x.Storage is { Kind: ElementKind.BFloat16 } && y.Storage is { Kind: ElementKind.Real })
        {
            FromBFloat16(x, y);
            return;
        }
        using HeldCall call = Begin(Primitive.Copy, [new(x, x.Length), new(OfKind(Primitive.Copy, y, x.Storage.Kind), x.Length)]);
        CopyCore(x, y);
    }

    /// <summary>y ← value.</summary>
    public void Fill(TensorRange y, double value)
    {
        using HeldCall call = Begin(Primitive.Fill, [new(y, y.Length)]);
        FillCore(y, value);
    }

    /// <summary>y ← f(x) + beta·y. x and y may be the same range.</summary>
    public void Map(MapKernel kernel, TensorRange x, TensorRange y, float beta = 0)
    {
        using HeldCall call = Begin(Primitive.Map, [new(x, y.Length), new(y, y.Length)], beta);
        MapCore(kernel, x, y, beta);
    }

    /// <summary>dx ← dy·f'(x, y) + beta·dx, where x and y are given as <see cref="MapKernel.DerivativeUses"/> says (the others are ignored and may be <paramref name="dy"/>).
    /// dx and dy may be the same range.</summary>
    public void MapBackward(MapKernel kernel, TensorRange x, TensorRange y, TensorRange dy, TensorRange dx, float beta = 0)
    {
        // Not HasFlag, which makes garbage until it has been compiled a second time.
        int ofX = (kernel.DerivativeUses & MapUse.Input) != 0 ? dx.Length : 0, ofY = (kernel.DerivativeUses & MapUse.Output) != 0 ? dx.Length : 0;
        using HeldCall call = Begin(Primitive.MapBackward, [new(x, dx.Length, ofX), new(y, dx.Length, ofY), new(dy, dx.Length), new(dx, dx.Length)], beta);
        MapBackwardCore(kernel, x, y, dy, dx, beta);
    }

    /// <summary>y ← f(a, b) + beta·y with broadcasting. y may be the same range as an operand of its own size.</summary>
    public void Zip(ZipKernel kernel, in ZipLayout layout, TensorRange a, TensorRange b, TensorRange y, float beta = 0)
    {
        using HeldCall call = Begin(Primitive.Zip, [new(a, layout.CountA), new(b, layout.CountB), new(y, layout.Output.Count)], beta);
        ZipCore(kernel, layout, a, b, y, beta);
    }

    /// <summary>y ← alpha·x + beta·y.</summary>
    public void AddScaled(float alpha, TensorRange x, float beta, TensorRange y)
    {
        using HeldCall call = Begin(Primitive.AddScaled, [new(x, y.Length), new(y, y.Length)], beta);
        AddScaledCore(alpha, x, beta, y);
    }

    /// <summary>y[i] ← x[i] where mask[i] is zero; elsewhere y stays: takes back what an update did to scalars that rest, bit for bit.</summary>
    public void RestoreWhere(TensorRange mask, TensorRange x, TensorRange y)
    {
        using HeldCall call = Begin(Primitive.RestoreWhere, [new(mask, y.Length), new(x, y.Length), new(y, y.Length)]);
        RestoreWhereCore(mask, x, y);
    }

    /// <summary>y ← scale·Σ x over the summed axes + beta·y. The order of summation follows from the layout alone.</summary>
    public void Reduce(in ReduceLayout layout, double scale, TensorRange x, TensorRange y, float beta = 0)
    {
        using HeldCall call = Begin(Primitive.Reduce, [new(x, layout.Inputs), new(y, layout.Outputs)], beta);
        ReduceCore(layout, scale, x, y, beta);
    }

    /// <summary>y ← scale·x, repeated along the summed axes, + beta·y: the adjoint of <see cref="Reduce"/>; the layout's inputs are y's elements, its outputs x's.</summary>
    public void Expand(in ReduceLayout layout, double scale, TensorRange x, TensorRange y, float beta = 0)
    {
        using HeldCall call = Begin(Primitive.Expand, [new(x, layout.Outputs), new(y, layout.Inputs)], beta);
        ExpandCore(layout, scale, x, y, beta);
    }

    /// <summary>C ← activation(op(A)·op(B) + bias) + beta·C; bias has N elements, or null. An activation needs beta = 0.</summary>
    public void Gemm(in GemmShape shape, TensorRange a, TensorRange b, TensorRange c, float beta = 0, TensorRange? bias = null, Activation activation = Activation.None)
    {
        if (activation != Activation.None && beta != 0) throw new ArgumentException($"Gemm: activation {activation} needs beta 0, found {beta}.");
        // Operands may be longer than what is touched: parts of a wider matrix.
        using HeldCall call = Begin(
            Primitive.Gemm,
            [new(a, Math.Max(a.Length, shape.LengthA)), new(b, Math.Max(b.Length, shape.LengthB)), new(bias, shape.N), new(c, Math.Max(c.Length, shape.LengthC))],
            beta,
            shape.Flops);
        GemmCore(shape, a, b, c, beta, bias, activation);
    }

    /// <summary>y ← softmax of each row of x.</summary>
    public void Softmax(int rows, int columns, TensorRange x, TensorRange y)
    {
        using HeldCall call = Begin(Primitive.Softmax, [new(x, (long)rows * columns), new(y, (long)rows * columns)]);
        SoftmaxCore(rows, columns, x, y);
    }

    /// <summary>dx ← y·(dy − Σ dy·y) for each row + beta·dx.</summary>
    public void SoftmaxBackward(int rows, int columns, TensorRange y, TensorRange dy, TensorRange dx, float beta = 0)
    {
        using HeldCall call = Begin(Primitive.SoftmaxBackward, [new(y, (long)rows * columns), new(dy, (long)rows * columns), new(dx, (long)rows * columns)], beta);
        SoftmaxBackwardCore(rows, columns, y, dy, dx, beta);
    }

    /// <summary>
    /// loss[0] ← mean cross entropy; rowState, if given, receives each row's log-sum-exp and then the total label weight (rows + 1 elements).
    /// A label outside [0, classes) that is not the ignored one makes the loss NaN on every device.
    /// </summary>
    public void CrossEntropy(in CrossEntropyShape shape, TensorRange logits, TensorRange labels, TensorRange? weights, TensorRange loss, TensorRange? rowState)
    {
        using HeldCall call = Begin(Primitive.CrossEntropy, [new(logits, shape.Count), new(labels, shape.Rows), new(weights, shape.Classes), new(loss, 1), new(rowState, shape.Rows + 1L)]);
        CrossEntropyCore(shape, logits, labels, weights, loss, rowState);
    }

    /// <summary>dlogits ← dloss[0]·∂loss/∂logits + beta·dlogits, from the row state of the forward pass.</summary>
    public void CrossEntropyBackward(
        in CrossEntropyShape shape, TensorRange logits, TensorRange labels, TensorRange? weights, TensorRange rowState, TensorRange dloss, TensorRange dlogits, float beta = 0)
    {
        using HeldCall call = Begin(
            Primitive.CrossEntropyBackward,
            [new(logits, shape.Count), new(labels, shape.Rows), new(weights, shape.Classes), new(rowState, shape.Rows + 1L), new(dloss, 1), new(dlogits, shape.Count)],
            beta);
        CrossEntropyBackwardCore(shape, logits, labels, weights, rowState, dloss, dlogits, beta);
    }

    /// <summary>y ← keep(i) ? scale·x : 0, + beta·y; the mask is drawn again from the key, never stored. Forward and backward alike. x and y may be the same range.</summary>
    public void Dropout(in DropoutKey key, TensorRange x, TensorRange y, float beta = 0)
    {
        using HeldCall call = Begin(Primitive.Dropout, [new(x, y.Length), new(y, y.Length)], beta);
        DropoutCore(key, x, y, beta);
    }

    /// <summary>
    /// Decides, on the device, whether and how a step is applied. state has 3 elements: [0] the factor for gradients: min(1, maxNorm / (√Σsums + 1e-6)), 1 where maxNorm is 0,
    /// NaN for a halted step; [1] steps applied so far; [2] from the first non-finite sum on 1 + its index, where only their sum is not finite 1 + their number (sticky: nothing is
    /// updated any more until the host resets it).
    /// </summary>
    public void StepGuard(TensorRange sums, float maxNorm, TensorRange state)
    {
        using HeldCall call = Begin(Primitive.StepGuard, [new(sums, sums.Length), new(state, GuardLength)]);
        StepGuardCore(sums, maxNorm, state);
    }
}
