using ResearchFreeze.Autograd;

namespace ResearchFreeze.Layers;

/// <summary>The largest element of each window of images (n, height, width, channels); see <see cref="Tensor.MaxPool2d"/>.</summary>
/// <param name="kernel">The window.</param>
/// <param name="stride">Pixels from one window to the next; null: the kernel's size.</param>
/// <param name="padding">Around the images, at most half of the kernel; null: none.</param>
/// <param name="dilation">Pixels from one of the window's to the next; null: 1.</param>
/// <param name="ceil">Whether a last window that reaches beyond the padding counts too.</param>
public sealed class MaxPool2d(Size2 kernel, Size2? stride = null, Padding2? padding = null, Size2? dilation = null, bool ceil = false) : Module
{
    private readonly MaxPool2dFunction function = new(kernel, stride ?? kernel, padding ?? 0, ceil);

    /// <inheritdoc/>
    public override Tensor Forward(Tensor input)
    {
        ArgumentNullException.ThrowIfNull(input);
        return (dilation ?? 1) == 1 ? function.Apply([input]) : input.MaxPool2d(kernel, stride, padding, dilation, ceil);
    }

    /// <summary>For example <c>MaxPool2d(2)</c>.</summary>
    public override string ToString() => $"MaxPool2d({kernel}{(stride is { } s && s != kernel ? $", stride {s}" : "")})";
}
