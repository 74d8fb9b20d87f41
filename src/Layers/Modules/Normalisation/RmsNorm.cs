using ResearchFreeze.Autograd;

namespace ResearchFreeze.Layers;

/// <summary>RMS norm over the innermost axis (Zhang and Sennrich 2019): γ·x / √(mean x² + ε); γ starts at 1.</summary>
public sealed class RmsNorm : Module
{
    private readonly GroupNormFunction function;

    /// <summary>RMS norm of rows of this width.</summary>
    public RmsNorm(int width, float epsilon = 1e-5f)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(width);
        function = new GroupNormFunction(NormAxes.RootMeanSquare, 1, epsilon);
        Gamma = Register(nameof(Gamma), [width], Initializers.Ones);
    }

    /// <summary>The scale γ (width).</summary>
    public Parameter Gamma { get; }

    /// <inheritdoc/>
    public override Tensor Forward(Tensor input) => function.Apply([input, Gamma.Value]);

    /// <summary>For example <c>RmsNorm(128)</c>.</summary>
    public override string ToString() => $"RmsNorm({Gamma.Shape[0]})";
}
