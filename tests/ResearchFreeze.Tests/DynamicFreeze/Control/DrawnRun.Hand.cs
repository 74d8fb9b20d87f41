using ResearchFreeze.Autograd;
using ResearchFreeze.DynamicFreeze;

namespace ResearchFreeze.Tests.DynamicFreeze;

// What the user does by hand between the steps, and visits that must leave nothing behind.
internal sealed partial class DrawnRun
{
    /// <summary>What a user sets between two steps.</summary>
    private void Interfere(int step, RandomStream random)
    {
        if (random.NextInt32(3) > 0) return;
        FreezeUnit unit = Freeze.Units[random.NextInt32(Freeze.Units.Count - 1)];
        bool wasFrozen = unit.IsFrozen;
        Parameter parameter = unit.Parameters[random.NextInt32(unit.Parameters.Count)];
        switch (random.NextInt32(7))
        {
            case 0:
                bool frozen = !unit.IsFrozen;
                Change(unit, each => frozen);
                break;
            case 1:
                Change(unit, each => each == parameter ? !each.IsFrozen : each.IsFrozen);
                break;
            case 2:
                unit.Pin();
                Keep(unit);
                break;
            case 3 or 4:
                unit.Unpin();
                foreach (Parameter each in unit.Parameters) _ = flags.Remove(each) | rates.Remove(each) | masks.Remove(each);
                break;
            case 5:
                // One that is what it was is no change, and nobody can tell whose it is.
                float scale = optimizer.RateScaleOf(parameter) * 0.9f;
                optimizer.SetRateScale(parameter, rates[parameter] = scale);
                break;
            default:
                masks[parameter] = parameter.UpdateMask = Mask(parameter.Shape, random);
                break;
        }
        if (wasFrozen && !unit.IsFrozen) thaws[unit.Index]++;
        if (!wasFrozen && unit.IsFrozen) frozenAt[unit.Index] = step;
    }

    /// <summary>A unit is frozen or trains as one: a flag that is changed by hand makes all of it the user's, unless that one was already.</summary>
    private void Change(FreezeUnit unit, Func<Parameter, bool> frozen)
    {
        Parameter[] changed = [.. unit.Parameters.Where(each => each.IsFrozen != frozen(each))];
        bool isAll = changed.Any(each => !flags.ContainsKey(each));
        foreach (Parameter each in changed) each.IsFrozen = flags[each] = !each.IsFrozen;
        if (isAll) Keep(unit);
    }

    private void Keep(FreezeUnit unit)
    {
        foreach (Parameter each in unit.Parameters) (flags[each], rates[each], masks[each]) = (each.IsFrozen, optimizer.RateScaleOf(each), each.UpdateMask);
    }

    /// <summary>What a user calls between two steps that is no training.</summary>
    private void Visit(RandomStream random)
    {
        int draw = random.NextInt32(8);
        if (draw == 0)
        {
            using var scope = new Scope();
            Excluding(OfSteps, () =>
            {
                Loss(8, 7);
                Unchanged(() => Freeze.Measure(() => Loss(7, 3)));
                if (Freeze.Options.Replay is null) Unchanged(() => Freeze.CheckSettings(() => Loss(7, 3)));
            });
        }
        if (draw == 1)
        {
            using var scope = new Scope();
            Excluding(OfSteps, () => Loss(8, 7));
            Freeze.Disregard();
        }
        if (draw != 2) return;
        using (GradMode.Disable())
        using (new Scope())
        {
            model.Eval();
            Loss(9, 8);
            model.Train();
        }
    }

    /// <summary>Does what has no effect but on what the ledger knows of full steps.</summary>
    private void Unchanged(Action work)
    {
        string[] before = All();
        work();
        Assert.Equal(before, All());

        string[] All() => [.. Texts(Save()).Where(text => !text.StartsWith("freeze/ledger", StringComparison.Ordinal))];
    }

    private void Excluding(CostKind[] kinds, Action work)
    {
        Add(-1);
        work();
        Add(1);

        void Add(int sign)
        {
            foreach ((int unit, int number) in numbers.Index())
            {
                foreach (CostKind kind in kinds) excluded[unit, (int)kind] = sign > 0 ? excluded[unit, (int)kind] + device.Counters.Of(number, kind) : excluded[unit, (int)kind] - device.Counters.Of(number, kind);
                excludedBytes[unit] += sign * device.Counters.KeptBytes(number);
            }
        }
    }

    private static UpdateMask Mask(Shape shape, RandomStream random) => UpdateMask.Scalars([.. Enumerable.Range(0, shape.Count).Select(_ => random.NextInt32(2) == 0)]);
}
