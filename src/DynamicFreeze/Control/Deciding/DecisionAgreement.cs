using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using ResearchFreeze.Autograd;

namespace ResearchFreeze.DynamicFreeze;

/// <summary>Whether all ranks of data-parallel training decide alike. They do by construction, having the same weights and the same sums of gradients; where they do not, something is broken, and going on would train different models.</summary>
internal static class DecisionAgreement
{
    private const int Words = 512;

    /// <summary>Compares a check's scores and decisions, bit for bit, by a hash.</summary>
    /// <exception cref="CommunicationException">They differ: thrown on all ranks.</exception>
    public static void Check(ICommunicator communicator, CheckContext context, FreezeDecision decision)
    {
        byte[] hash = SHA256.HashData(Encoding.UTF8.GetBytes(Exact(context, decision))), all = new byte[hash.Length * communicator.Size];
        communicator.AllGather(hash, all);
        int other = Enumerable.Range(1, communicator.Size - 1).FirstOrDefault(rank => !all.AsSpan(rank * hash.Length, hash.Length).SequenceEqual(all.AsSpan(0, hash.Length)));
        if (other == 0) return;
        // Only now: words are said where something is wrong.
        byte[] mine = new byte[Words], words = new byte[Words * communicator.Size];
        string text = Told(context, decision);
        Encoding.UTF8.GetBytes(text.AsSpan(0, Math.Min(text.Length, Words / 4)), mine);
        communicator.AllGather(mine, words);
        throw new CommunicationException($"step {context.Step}: the ranks decide differently: rank 0 {Of(words, 0)}; rank {other} {Of(words, other)}");
    }

    private static string Of(byte[] words, int rank) => Encoding.UTF8.GetString(words, rank * Words, Words).TrimEnd('\0');

    private static string Exact(CheckContext context, FreezeDecision decision)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"{context.Step} {decision.NextCheck} {decision.Stop}\n");
        for (int i = 0; i < decision.Units.Count; i++)
        {
            UnitDecision unit = decision.Units[i];
            UnitView view = context.Units[i];
            text.Append(CultureInfo.InvariantCulture, $"{view.IsFrozen} {BitConverter.DoubleToInt64Bits(view.Score)} {unit.Frozen} {Bits(unit.LearningRateScale)} {unit.StateAction} {Bits(unit.CutRate)} {unit.UpdateMasks?.Count(mask => mask is not null)}\n");
        }
        return text.ToString();

        static long? Bits(double? value) => value is { } number ? BitConverter.DoubleToInt64Bits(number) : null;
    }

    /// <summary>What is frozen, and the scores, which may be all that differs.</summary>
    private static string Told(CheckContext context, FreezeDecision decision)
    {
        string frozen = string.Join(" ", context.Units.Where(unit => decision.Units[unit.Index].Frozen).Select(unit => unit.Path));
        return FormattableString.Invariant($"wants '{(frozen.Length == 0 ? "none" : frozen)}' frozen, scores {string.Join(" ", context.Units.Select(unit => unit.Score.ToString("R", CultureInfo.InvariantCulture)))}");
    }
}
