using ResearchFreeze.Autograd;

namespace ResearchFreeze.Layers;

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
