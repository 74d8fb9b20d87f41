namespace ResearchFreeze.Autograd;

/// <summary>Zeroes each element with the key's probability and scales the rest by 1 / (1 − p). The backward pass draws the same mask again: nothing is kept.</summary>
public sealed class DropoutFunction(DropoutKey key) : Function
{
    /// <inheritdoc/>
    public override string Name => "dropout";

    /// <inheritdoc/>
    public override Tensor Forward(ForwardContext context, ReadOnlySpan<TensorBase> inputs)
    {
        Tensor y = context.Result(inputs[0].Shape);
        context.Device.Dropout(key, inputs[0].Range, y.Range);
        return y;
    }

    /// <inheritdoc/>
    public override void Backward(int input, BackwardContext context, Tensor dy, GradTarget dx)
    {
        TensorRange to = dx.Open(out float beta);
        context.Device.Dropout(key, dy.Range, to, beta);
    }
}

public sealed partial class Tensor
{
    /// <summary>Dropout with the mask that the key names.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The probability is not in [0, 1).</exception>
    public Tensor Dropout(DropoutKey key)
    {
        if (key.Probability is not (>= 0 and < 1)) throw new ArgumentOutOfRangeException(nameof(key), $"dropout: probability must be in [0, 1), found {key.Probability}.");
        return new DropoutFunction(key).Apply([this]);
    }
}
