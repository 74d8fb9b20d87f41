using ResearchFreeze.Autograd;
using ResearchFreeze.Layers;

namespace ResearchFreeze.DynamicFreeze;

/// <summary>
/// Block-coordinate training: every so many steps all units but a few are frozen, whatever their scores; heads always train. LISA (Pan et al. 2024) draws two at random every 20 steps; BAdam
/// (Luo et al. 2024) takes one after the other and drops the optimizer's state of those that are frozen. The first turn begins before the first step; between turns nothing is decided.
/// </summary>
public sealed class Rotation : IFreezeRule<RotationState>, IScheduleRule
{
    private readonly int trained;
    private readonly int every;
    private readonly RotationOrder order;
    private readonly OnFreeze? action;
    private readonly bool keepsEmbeddings;

    /// <summary>A rotation.</summary>
    /// <param name="trained">Units that train beside the heads; at least 1.</param>
    /// <param name="every">Steps in a turn; 0: as many as BAdam proposes, an epoch's over the number of units, at least 50 and at most 100. The next check is asked for where the turn ends.</param>
    /// <param name="order">Who is next.</param>
    /// <param name="action">What becomes of the optimizer's state of a unit when it is frozen; null: the optimizer's own policy.</param>
    /// <param name="keepsEmbeddings">Whether embeddings always train, as heads do.</param>
    public Rotation(int trained = 2, int every = 20, RotationOrder order = RotationOrder.Random, OnFreeze? action = null, bool keepsEmbeddings = false)
    {
        if (trained < 1) throw new ArgumentOutOfRangeException(nameof(trained), $"rotation: the number of units that train must be at least 1, found {trained}.");
        if (every < 0) throw new ArgumentOutOfRangeException(nameof(every), $"rotation: steps in a turn must be 0 or more, found {every}.");
        this.trained = trained;
        this.every = every;
        this.order = order;
        this.action = action;
        this.keepsEmbeddings = keepsEmbeddings;
    }

    /// <inheritdoc/>
    public string Name => "rotation";

    /// <inheritdoc/>
    public string Settings => FormattableString.Invariant($"units={trained},every={every},order={order},state={action}{(keepsEmbeddings ? ",embeddings" : "")}");

    /// <inheritdoc/>
    public FreezeDecision Decide(CheckContext context, ref RotationState state)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(state);
        var decision = new FreezeDecision(context);
        if (context.Step >= state.Next)
        {
            UnitView[] units = [.. context.Units.Where(unit => !unit.IsHead && !(keepsEmbeddings && unit.IsEmbedding))];
            int steps = every > 0 ? every : Proposed(context, units.Length);
            HashSet<int> chosen = [.. Choose(units.Length, context.Random, state).Select(place => units[place].Index)];
            foreach (UnitView unit in units)
            {
                bool trains = chosen.Contains(unit.Index);
                if (trains == !unit.IsFrozen) continue;
                decision.Set(unit.Index, trains ? new UnitDecision(false, "its turn") : new UnitDecision(true, $"the turn of others until step {context.Step + steps}", StateAction: action));
            }
            state.Next = context.Step + steps;
        }
        decision.NextCheck = state.Next;
        return decision;
    }

    private static int Proposed(CheckContext context, int units)
    {
        if (context.EpochSteps == 0) throw new ArgumentException("rotation: an epoch's length is not known; set FreezeOptions.EpochSteps.");
        return Math.Clamp(context.EpochSteps / Math.Max(1, units), 50, 100);
    }

    private int[] Choose(int units, RandomStream random, RotationState state)
    {
        int count = Math.Min(trained, units);
        int[] places = [.. Enumerable.Range(0, units)];
        if (order == RotationOrder.Random)
        {
            for (int i = 0; i < count; i++)
            {
                int other = i + random.NextInt32(units - i);
                (places[i], places[other]) = (places[other], places[i]);
            }
            return places[..count];
        }
        if (order == RotationOrder.Descending) Array.Reverse(places);
        int[] chosen = [.. Enumerable.Range(state.Place, count).Select(place => places[place % units])];
        if (units > 0) state.Place = (state.Place + count) % units;
        return chosen;
    }
}
