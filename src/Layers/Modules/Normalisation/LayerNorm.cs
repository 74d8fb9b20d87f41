using ResearchFreeze.Autograd;

namespace ResearchFreeze.Layers;

/// <summary>Layer norm over the innermost axis or axes (Ba et al. 2016); γ starts at 1, β at 0.</summary>
public sealed class LayerNorm : Module
{
    private readonly NormalisedAxes axes;
    private readonly float epsilon;

    /// <summary>Layer norm of rows of this width.</summary>
    public LayerNorm(int width, float epsilon = 1e-5f)
        : this(new Shape(width), epsilon)
    {
    }

    /// <summary>Layer norm over as many innermost axes as the shape has, which are of these extents.</summary>
    /// <exception cref="ArgumentException">The shape has no axis, or an empty one.</exception>
    public LayerNorm(Shape shape, float epsilon = 1e-5f)
    {
        axes = new NormalisedAxes(nameof(LayerNorm), shape);
        this.epsilon = epsilon;
        Gamma = Register(nameof(Gamma), shape, Initializers.Ones);
        Beta = Register(nameof(Beta), shape, Initializers.Zeros);
    }

    /// <summary>The scale γ, of the shape.</summary>
    public Parameter Gamma { get; }

    /// <summary>The shift β, of the shape.</summary>
    public Parameter Beta { get; }

    /// <inheritdoc/>
    public override Tensor Forward(Tensor input)
    {
        ArgumentNullException.ThrowIfNull(input);
        return axes.AreOne ? input.LayerNorm(Gamma.Value, Beta.Value, epsilon) : input.LayerNorm(Gamma.Value, Beta.Value, axes.Innermost, epsilon);
    }

    /// <summary>For example <c>LayerNorm(128)</c>, <c>LayerNorm(8, 8, 32)</c>.</summary>
    public override string ToString() => axes.Text;
}
