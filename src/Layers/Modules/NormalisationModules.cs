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

/// <summary>Group norm of (n, …, channels) (Wu and He 2018): no batch statistics, so freezing it has no modes; γ starts at 1, β at 0.</summary>
public sealed class GroupNorm : Module
{
    private readonly GroupNormFunction function;
    private readonly int groups;

    /// <summary>Group norm of this many channels in groups.</summary>
    public GroupNorm(int groups, int channels, float epsilon = 1e-5f)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(channels);
        if (groups < 1 || channels % groups != 0) throw new ArgumentException($"GroupNorm: {groups} groups must divide {channels} channels.", nameof(groups));
        this.groups = groups;
        function = new GroupNormFunction(NormAxes.Group, groups, epsilon);
        Gamma = Register(nameof(Gamma), [channels], Initializers.Ones);
        Beta = Register(nameof(Beta), [channels], Initializers.Zeros);
    }

    /// <summary>The scale γ (channels).</summary>
    public Parameter Gamma { get; }

    /// <summary>The shift β (channels).</summary>
    public Parameter Beta { get; }

    /// <inheritdoc/>
    public override Tensor Forward(Tensor input) => function.Apply([input, Gamma.Value, Beta.Value]);

    /// <summary>For example <c>GroupNorm(8 groups, 64)</c>.</summary>
    public override string ToString() => $"GroupNorm({groups} groups, {Gamma.Shape[0]})";
}
