using ResearchFreeze.Autograd;

namespace ResearchFreeze.DynamicFreeze;

/// <summary>Cuts units' branches as often as decisions say: drawn anew for each step by Philox, keyed by (seed, unit, step), so that a run that goes on or is repeated draws the same.</summary>
internal sealed class CutDraw(IReadOnlyList<FreezeUnit> units, ulong seed)
{
    private readonly ulong[] keys = [.. units.Select(unit => RandomStream.KeyOf(seed, $"cut/{unit.Path}"))];
    private readonly bool[] managed = new bool[units.Count];

    /// <summary>Sets the branches for the step that follows so many.</summary>
    public void Next(int step)
    {
        for (int i = 0; i < keys.Length; i++)
        {
            double rate = units[i].CutRate;
            // What was never decided about is the user's.
            if (rate == 0 && !managed[i]) continue;
            managed[i] = rate > 0;
            units[i].SetCut(rate >= 1 || Philox.Draw(keys[i], (ulong)step, 0) < rate * 4294967296.0);
        }
    }

    /// <summary>Nothing that a decision cut stays cut.</summary>
    public void End()
    {
        for (int i = 0; i < keys.Length; i++)
        {
            if (managed[i]) units[i].SetCut(false);
        }
    }
}
