namespace ResearchFreeze.Autograd;

// Convolutions; see CpuConvolution.
public sealed unsafe partial class CpuDevice
{
    /// <inheritdoc/>
    protected override void Conv2dCore(in Conv2dShape shape, TensorRange x, TensorRange w, TensorRange? bias, TensorRange y, Activation activation)
    {
        convolution.Forward(shape, Reals(x), Reals(w), Reals(bias), Reals(y), activation);
    }

    /// <inheritdoc/>
    protected override void Conv2dInputGradientCore(in Conv2dShape shape, TensorRange dy, TensorRange w, TensorRange dx, float beta)
    {
        convolution.InputGradient(shape, Reals(dy), Reals(w), Reals(dx), beta);
    }

    /// <inheritdoc/>
    protected override void Conv2dWeightGradientCore(in Conv2dShape shape, TensorRange x, TensorRange dy, TensorRange dw, float beta)
    {
        convolution.WeightGradient(shape, Reals(x), Reals(dy), Reals(dw), beta);
    }
}
