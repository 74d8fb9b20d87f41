using ResearchFreeze.Autograd;
using ResearchFreeze.Layers;

namespace ResearchFreeze.DynamicFreeze;

/// <summary>What a rule wants of one unit.</summary>
/// <param name="Frozen">Whether it is frozen.</param>
/// <param name="Reason">Why it changes, with the numbers; null where it does not.</param>
/// <param name="LearningRateScale">What its rate is multiplied with from now on; null: what it was.</param>
/// <param name="StateAction">What becomes of its optimizer state; null: the optimizer's own policy.</param>
/// <param name="UpdateMasks">New update masks, one for each of the unit's parameters (null: all of it trains); null: as they are. A mask saves no computation.</param>
/// <param name="CutRate">In what part of the steps its branches pass no gradient on (<see cref="FreezeUnit.CanCut"/>), in [0, 1]; null: as it is, but that a thaw ends a cut.</param>
/// <param name="Price">What its freeze is expected to cost, in the loss's unit; null: the rule does not say.</param>
public readonly record struct UnitDecision(
    bool Frozen, string? Reason = null, float? LearningRateScale = null, OnFreeze? StateAction = null, IReadOnlyList<UpdateMask?>? UpdateMasks = null, double? CutRate = null,
    double? Price = null);

/// <summary>A rule's answer at a check. The controller may refuse parts of it.</summary>
public sealed class FreezeDecision
{
    private readonly UnitDecision[] units;

    /// <summary>Nothing changes.</summary>
    public FreezeDecision(CheckContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        units = [.. context.Units.Select(unit => new UnitDecision(unit.IsFrozen))];
    }

    /// <summary>One decision a unit.</summary>
    public IReadOnlyList<UnitDecision> Units => units;

    /// <summary>The step of the next check; null: as configured.</summary>
    public int? NextCheck { get; set; }

    /// <summary>Whether training may stop.</summary>
    public bool Stop { get; set; }

    /// <summary>Decides for one unit.</summary>
    public void Set(int unit, UnitDecision decision) => units[unit] = decision;

    /// <summary>Freezes a unit.</summary>
    /// <param name="unit">The unit.</param>
    /// <param name="reason">Why, with the numbers.</param>
    /// <param name="price">What it is expected to cost, in the loss's unit; null: it is not said.</param>
    public void Freeze(int unit, string reason, double? price = null) => units[unit] = units[unit] with { Frozen = true, Reason = reason, Price = price };

    /// <summary>Thaws a unit.</summary>
    public void Thaw(int unit, string reason) => units[unit] = units[unit] with { Frozen = false, Reason = reason };

    /// <summary>Freezes a unit and cuts its branches: it has no backward pass at all, and what lies upstream trains with a gradient that lacks its part.</summary>
    public void Cut(int unit, string reason) => units[unit] = units[unit] with { Frozen = true, Reason = reason, CutRate = 1 };

    /// <summary>Cuts a unit's branches in a part of the steps, whether it is frozen or not.</summary>
    /// <param name="unit">The unit.</param>
    /// <param name="rate">The part, in [0, 1].</param>
    /// <param name="reason">Why, unless the decision has a reason already.</param>
    /// <exception cref="ArgumentOutOfRangeException">The rate is none.</exception>
    public void CutAt(int unit, double rate, string? reason = null)
    {
        if (rate is not (>= 0 and <= 1)) throw new ArgumentOutOfRangeException(nameof(rate), FormattableString.Invariant($"Decision: unit {unit} is cut in a part of the steps in [0, 1], found {rate}."));
        units[unit] = units[unit] with { CutRate = rate, Reason = units[unit].Reason ?? reason };
    }

    /// <summary>Multiplies a unit's rate with this from now on, beside schedule and group, whether it is frozen or not. A rate that moves again and again is one entry of the log.</summary>
    /// <param name="unit">The unit.</param>
    /// <param name="rate">0 or positive.</param>
    /// <param name="reason">Why, unless the decision has a reason already; null: none is given.</param>
    /// <exception cref="ArgumentOutOfRangeException">The rate is negative or no number.</exception>
    public void Scale(int unit, double rate, string? reason = null)
    {
        if (!(rate >= 0) || !float.IsFinite((float)rate)) throw new ArgumentOutOfRangeException(nameof(rate), FormattableString.Invariant($"Decision: the rate of unit {unit} is multiplied with 0 or a positive number, found {rate}."));
        units[unit] = units[unit] with { LearningRateScale = (float)rate, Reason = units[unit].Reason ?? reason };
    }
}
