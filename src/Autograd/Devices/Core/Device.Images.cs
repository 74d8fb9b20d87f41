namespace ResearchFreeze.Autograd;

// Convolution and pooling of images (batch, height, width, channels).
public abstract partial class Device
{
    /// <summary>y ← activation(x ∗ w + bias).</summary>
    /// <param name="shape">The convolution.</param>
    /// <param name="x">Images (batch, height, width, channels).</param>
    /// <param name="w">Weights (outputs, kernel height, kernel width, channels / groups).</param>
    /// <param name="bias">One element an output, or null.</param>
    /// <param name="y">The result (batch, output height, output width, outputs).</param>
    /// <param name="activation">Applied before storing.</param>
    public void Conv2d(in Conv2dShape shape, TensorRange x, TensorRange w, TensorRange? bias, TensorRange y, Activation activation = Activation.None)
    {
        using HeldCall call = Begin(Primitive.Conv2d, [new(x, shape.InputCount), new(w, shape.WeightCount), new(bias, shape.Outputs), new(y, shape.OutputCount)], flops: shape.Flops);
        Conv2dCore(shape, x, w, bias, y, activation);
    }

    /// <summary>dx ← the gradient with respect to the images + beta·dx.</summary>
    public void Conv2dInputGradient(in Conv2dShape shape, TensorRange dy, TensorRange w, TensorRange dx, float beta = 0)
    {
        using HeldCall call = Begin(Primitive.Conv2dInputGradient, [new(dy, shape.OutputCount), new(w, shape.WeightCount), new(dx, shape.InputCount)], beta, shape.Flops);
        Conv2dInputGradientCore(shape, dy, w, dx, beta);
    }

    /// <summary>dw ← the gradient with respect to the weights + beta·dw. The order of summation follows from the shape alone.</summary>
    public void Conv2dWeightGradient(in Conv2dShape shape, TensorRange x, TensorRange dy, TensorRange dw, float beta = 0)
    {
        using HeldCall call = Begin(Primitive.Conv2dWeightGradient, [new(x, shape.InputCount), new(dy, shape.OutputCount), new(dw, shape.WeightCount)], beta, shape.Flops);
        Conv2dWeightGradientCore(shape, x, dy, dw, beta);
    }

    /// <summary>y ← the largest element of each window, and indices, if given, where in x it is. The first of equals (row by row) counts; a NaN is larger than any number; padding never counts.</summary>
    public void MaxPool(in Pool2dShape shape, TensorRange x, TensorRange y, TensorRange? indices)
    {
        using HeldCall call = Begin(Primitive.MaxPool, [new(x, shape.InputCount), new(y, shape.OutputCount), new(indices, shape.OutputCount)]);
        MaxPoolCore(shape, x, y, indices);
    }

    /// <summary>dx[j] ← Σ of dy over the windows that found their maximum at j, row by row, + beta·dx[j].</summary>
    public void MaxPoolBackward(in Pool2dShape shape, TensorRange indices, TensorRange dy, TensorRange dx, float beta = 0)
    {
        using HeldCall call = Begin(Primitive.MaxPoolBackward, [new(indices, shape.OutputCount), new(dy, shape.OutputCount), new(dx, shape.InputCount)], beta);
        MaxPoolBackwardCore(shape, indices, dy, dx, beta);
    }

    /// <summary>y ← each window's sum divided by the kernel's size; padding counts as zeros, as in PyTorch.</summary>
    public void AveragePool(in Pool2dShape shape, TensorRange x, TensorRange y)
    {
        using HeldCall call = Begin(Primitive.AveragePool, [new(x, shape.InputCount), new(y, shape.OutputCount)]);
        AveragePoolCore(shape, x, y);
    }

    /// <summary>dx ← Σ of dy over the windows that an element is in, divided by the kernel's size, + beta·dx.</summary>
    public void AveragePoolBackward(in Pool2dShape shape, TensorRange dy, TensorRange dx, float beta = 0)
    {
        using HeldCall call = Begin(Primitive.AveragePoolBackward, [new(dy, shape.OutputCount), new(dx, shape.InputCount)], beta);
        AveragePoolBackwardCore(shape, dy, dx, beta);
    }

    /// <summary>See <see cref="Conv2d"/>.</summary>
    protected abstract void Conv2dCore(in Conv2dShape shape, TensorRange x, TensorRange w, TensorRange? bias, TensorRange y, Activation activation);

    /// <summary>See <see cref="Conv2dInputGradient"/>.</summary>
    protected abstract void Conv2dInputGradientCore(in Conv2dShape shape, TensorRange dy, TensorRange w, TensorRange dx, float beta);

    /// <summary>See <see cref="Conv2dWeightGradient"/>.</summary>
    protected abstract void Conv2dWeightGradientCore(in Conv2dShape shape, TensorRange x, TensorRange dy, TensorRange dw, float beta);

    /// <summary>See <see cref="MaxPool"/>.</summary>
    protected abstract void MaxPoolCore(in Pool2dShape shape, TensorRange x, TensorRange y, TensorRange? indices);

    /// <summary>See <see cref="MaxPoolBackward"/>.</summary>
    protected abstract void MaxPoolBackwardCore(in Pool2dShape shape, TensorRange indices, TensorRange dy, TensorRange dx, float beta);

    /// <summary>See <see cref="AveragePool"/>.</summary>
    protected abstract void AveragePoolCore(in Pool2dShape shape, TensorRange x, TensorRange y);

    /// <summary>See <see cref="AveragePoolBackward"/>.</summary>
    protected abstract void AveragePoolBackwardCore(in Pool2dShape shape, TensorRange dy, TensorRange dx, float beta);
}
