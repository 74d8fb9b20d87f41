using System.Globalization;
using ResearchFreeze.Autograd;
using ResearchFreeze.DynamicFreeze;
using ResearchFreeze.Layers;

namespace ResearchFreeze.Tests.DynamicFreeze;

/// <summary>What decides in a drawn run, and what is told of it.</summary>
internal sealed partial class DrawnRun
{
    /// <summary>Draws from the stream that it is given, and keeps a state that its answers depend on.</summary>
    private sealed class Rule(DrawnRun run) : IFreezeRule<PhaseState>
    {
        public string Name => "drawn";

        public FreezeDecision Decide(CheckContext context, ref PhaseState state)
        {
            var decision = new FreezeDecision(context);
            state.Begin(context.Step + state.Phase + 1, context.Validation.Count + state.Step);
            foreach (UnitView unit in context.Units)
            {
                switch (context.Random.NextInt32(9))
                {
                    case 0:
                        decision.Freeze(unit.Index, $"drawn {state.Phase}");
                        break;
                    case 1:
                        decision.Set(unit.Index, new UnitDecision(true, "with its state", StateAction: (OnFreeze)context.Random.NextInt32(3)));
                        break;
                    case 2:
                        decision.Thaw(unit.Index, $"drawn {state.Step}");
                        break;
                    case 3:
                        decision.Scale(unit.Index, 1.0 / (1 + context.Random.NextInt32(4)), $"after {state.Measured}");
                        break;
                    case 4:
                        decision.Set(unit.Index, decision.Units[unit.Index] with { UpdateMasks = [Mask(unit.Shapes[0], context.Random), .. unit.Shapes.Skip(1).Select(_ => (UpdateMask?)null)], Reason = "masked" });
                        break;
                    default:
                        break;
                }
            }
            if (context.Random.NextInt32(6) == 0) decision.NextCheck = context.Step + 1 + (state.Phase % 4);
            decision.Stop = context.Step > 15;
            // Checking settings asks too, and so does the question before the first step, while the run is being made.
            if (!run.isResumed && context.Step > 0) Assert.Equal(run.thaws, context.Units.Select(unit => unit.Thaws));
            run.Shown.Add((context.Step, string.Create(CultureInfo.InvariantCulture, $"{context.Step} {context.LearningRate:R} {string.Join(' ', context.Validation)}: {string.Join("; ", context.Units.Select(Text))} -> {string.Join(' ', decision.Units)} {decision.NextCheck}")));
            return decision;
        }

        private static string Text(UnitView unit) => string.Create(
            CultureInfo.InvariantCulture,
            $"{unit.Path} {unit.Score:R} {unit.Explanation} {unit.IsFrozen} {unit.Age} {unit.Thaws} {unit.IsHead} {unit.IsPinned} {unit.Probe} {unit.History.Count} of {unit.History.All.Count} {string.Join(' ', Enum.GetValues<CostKind>().Select(kind => unit.StepCost(kind)).Select(cost => $"{cost.Launches}/{cost.Flops}/{cost.Bytes}"))}");
    }

    private sealed class Sink(DrawnRun run, IDecisionLog? log) : IDecisionLog
    {
        public void Begin(string criterion, string rule, FreezeOptions options, IReadOnlyList<FreezeUnit> units) => log?.Begin(criterion, rule, options, units);

        public void Write(DecisionEntry entry)
        {
            run.logged.Add(entry);
            log?.Write(entry);
        }

        public void Rates(int step, IReadOnlyList<UnitRate> rates) => log?.Rates(step, rates);

        public void Checked(CheckContext context) => log?.Checked(context);
    }
}
