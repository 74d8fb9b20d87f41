using ResearchFreeze.Autograd;

namespace ResearchFreeze.Layers;

/// <summary>The largest element of each window of signals (n, length, channels); see <see cref="Tensor.MaxPool1d"/>.</summary>
/// <param name="kernel">Elements of the window.</param>
/// <param name="stride">Elements from one window to the next; null: the kernel's.</param>
/// <param name="padding">Before and behind, at most half of the kernel.</param>
public sealed class MaxPool1d(int kernel, int? stride = null, int padding = 0) : Module
{
    /// <inheritdoc/>
    public override Tensor Forward(Tensor input)
    {
        ArgumentNullException.ThrowIfNull(input);
        return input.MaxPool1d(kernel, stride, padding);
    }

    /// <summary>For example <c>MaxPool1d(2)</c>.</summary>
    public override string ToString() => $"MaxPool1d({kernel}{(stride is { } s && s != kernel ? $", stride {s}" : "")})";
}
