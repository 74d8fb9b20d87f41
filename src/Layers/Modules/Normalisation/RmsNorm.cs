using ResearchFreeze.Autograd;

namespace ResearchFreeze.Layers;

/// <summary>RMS norm over the innermost axis or axes (Zhang and Sennrich 2019): γ·x / √(mean x² + ε); γ starts at 1.</summary>
public sealed class RmsNorm : Module
{
    private readonly NormalisedAxes axes;
    private readonly float epsilon;

    /// <summary>RMS norm of rows of this width.</summary>
    public RmsNorm(int width, float epsilon = 1e-5f)
        : this(new Shape(width), epsilon)
    {
    }

    /// <summary>RMS norm over as many innermost axes as the shape has, which are of these extents.</summary>
    /// <exception cref="ArgumentException">The shape has no axis, or an empty one.</exception>
    public RmsNorm(Shape shape, float epsilon = 1e-5f)
    {
        axes = new NormalisedAxes(nameof(RmsNorm), shape);
        this.epsilon = epsilon;
        Gamma = Register(nameof(Gamma), shape, Initializers.Ones);
    }

    /// <summary>The scale γ, of the shape.</summary>
    public Parameter Gamma { get; }

    /// <inheritdoc/>
    public override Tensor Forward(Tensor input)
    {
        ArgumentNullException.ThrowIfNull(input);
        return axes.AreOne ? input.RmsNorm(Gamma.Value, epsilon) : input.RmsNorm(Gamma.Value, axes.Innermost, epsilon);
    }

    /// <summary>For example <c>RmsNorm(128)</c>.</summary>
    public override string ToString() => axes.Text;
}
