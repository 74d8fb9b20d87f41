using ResearchFreeze.Autograd;

namespace ResearchFreeze.Layers;

/// <summary>Layer norm over the innermost axis (Ba et al. 2016); γ starts at 1, β at 0.</summary>
public sealed class LayerNorm : Module
{
    private readonly GroupNormFunction function;

    /// <summary>Layer norm of rows of this width.</summary>
    public LayerNorm(int width, float epsilon = 1e-5f)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(width);
        function = new GroupNormFunction(NormAxes.Layer, 1, epsilon);
        Gamma = Register(nameof(Gamma), [width], Initializers.Ones);
        Beta = Register(nameof(Beta), [width], Initializers.Zeros);
    }

    /// <summary>The scale γ (width).</summary>
    public Parameter Gamma { get; }

    /// <summary>The shift β (width).</summary>
    public Parameter Beta { get; }

    /// <inheritdoc/>
    public override Tensor Forward(Tensor input) => function.Apply([input, Gamma.Value, Beta.Value]);

    /// <summary>For example <c>LayerNorm(128)</c>.</summary>
    public override string ToString() => $"LayerNorm({Gamma.Shape[0]})";
}
