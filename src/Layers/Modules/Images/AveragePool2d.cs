using ResearchFreeze.Autograd;

namespace ResearchFreeze.Layers;

/// <summary>The mean of each window of images (n, height, width, channels); see <see cref="Tensor.AveragePool2d"/>.</summary>
/// <param name="kernel">The window.</param>
/// <param name="stride">Pixels from one window to the next; null: the kernel's size.</param>
/// <param name="padding">Zeros around the images, at most half of the kernel; null: none.</param>
/// <param name="ceil">Whether a last window that reaches beyond the padding counts too.</param>
/// <param name="countPadding">Whether the zeros of the padding are in the means.</param>
public sealed class AveragePool2d(Size2 kernel, Size2? stride = null, Padding2? padding = null, bool ceil = false, bool countPadding = true) : Module
{
    private readonly AveragePool2dFunction function = new(kernel, stride ?? kernel, padding ?? 0);

    /// <inheritdoc/>
    public override Tensor Forward(Tensor input)
    {
        ArgumentNullException.ThrowIfNull(input);
        return ceil || !countPadding ? input.AveragePool2d(kernel, stride, padding, ceil, countPadding) : function.Apply([input]);
    }

    /// <summary>For example <c>AveragePool2d(2)</c>.</summary>
    public override string ToString() => $"AveragePool2d({kernel}{(stride is { } s && s != kernel ? $", stride {s}" : "")})";
}
