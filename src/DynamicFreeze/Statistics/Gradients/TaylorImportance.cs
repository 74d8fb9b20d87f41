using ResearchFreeze.Autograd;

namespace ResearchFreeze.DynamicFreeze;

/// <summary>
/// What training the unit would bring, by a trial step on the probe batch (ElasticTrainer, Huang et al. 2023; GreenTrainer, Huang et al. 2024): −Σ g₁·ΔW with ΔW the change that the real optimizer makes and g₁ the gradient
/// after it, over the unit's parameters. The step is taken back, bit for bit. It is taken with nothing frozen, so that a frozen unit is measured too.
/// </summary>
public sealed class TaylorImportance : UnitStatistic
{
    /// <inheritdoc/>
    public override string Key => "taylor-importance";

    /// <inheritdoc/>
    public override Reads Reads => Reads.TrialStep | Reads.ProbeBatch;

    /// <inheritdoc/>
    public override IReadOnlyList<string> Values { get; } = ["importance"];

    /// <inheritdoc/>
    public override void Read(StepView step, TensorRange values)
    {
        ArgumentNullException.ThrowIfNull(step);
        step.Device.Fill(values, 0);
        foreach (Parameter parameter in step.Parameters)
        {
            if (step.TrialGradient(parameter) is not { } gradient) continue;       // the user keeps it frozen: it can change nothing
            using Tensor products = step.TrialChange(parameter) * gradient, sum = products.Sum();
            step.Device.AddScaled(-1, sum.Range, 1, values);
        }
    }

    /// <summary>−Σ g₁·ΔW.</summary>
    public static double Of(Observation observation)
    {
        ArgumentNullException.ThrowIfNull(observation);
        return observation.Of("taylor-importance")[0];
    }
}
