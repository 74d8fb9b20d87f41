using ResearchFreeze.Autograd;

namespace ResearchFreeze.Layers;

/// <summary>The largest element of each window of images (n, height, width, channels); see <see cref="Tensor.MaxPool2d"/>.</summary>
public sealed class MaxPool2d(Size2 kernel, Size2? stride = null, Size2? padding = null) : Module
{
    private readonly MaxPool2dFunction function = new(kernel, stride ?? kernel, padding ?? 0);

    /// <inheritdoc/>
    public override Tensor Forward(Tensor input) => function.Apply([input]);

    /// <summary>For example <c>MaxPool2d(2)</c>.</summary>
    public override string ToString() => $"MaxPool2d({kernel}{(stride is { } s && s != kernel ? $", stride {s}" : "")})";
}
