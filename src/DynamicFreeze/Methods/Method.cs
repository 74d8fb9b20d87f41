using System.Globalization;

namespace ResearchFreeze.DynamicFreeze;

/// <summary>A published method: a card that says what it is, and what makes a policy of its settings. Each built-in one is a class with a method <c>Policy</c> that takes its settings in code.</summary>
public sealed class Method
{
    private readonly Func<MethodSettings, Policy> make;

    /// <summary>A method.</summary>
    /// <param name="card">What it is.</param>
    /// <param name="make">Makes a policy of its settings.</param>
    public Method(MethodCard card, Func<MethodSettings, Policy> make)
    {
        ArgumentNullException.ThrowIfNull(card);
        ArgumentNullException.ThrowIfNull(make);
        Card = card;
        this.make = make;
    }

    /// <summary>What it is.</summary>
    public MethodCard Card { get; }

    /// <summary>A policy with these settings by name, and the card's defaults for the others.</summary>
    /// <exception cref="ArgumentException">A setting is unknown or out of range.</exception>
    public Policy Policy(IReadOnlyDictionary<string, string> given)
    {
        try
        {
            return make(new MethodSettings(Card, given)) with { Method = this };
        }
        catch (ArgumentException exception) when (!exception.Message.Contains(Card.Name, StringComparison.Ordinal))
        {
            // A part of the method has refused, and has a name of its own, which nobody has written.
            string message = exception.ParamName is { } name ? exception.Message.Replace($" (Parameter '{name}')", "", StringComparison.Ordinal) : exception.Message;
            throw new ArgumentException($"{Card.Name}: {message}", exception);
        }
    }

    /// <summary>A policy as it is written: <c>Policy("percentile=30,intervals=20")</c>; without a text the defaults.</summary>
    /// <exception cref="ArgumentException">A setting is unknown or out of range, or the text is none.</exception>
    public Policy Policy(string settings = "")
    {
        ArgumentNullException.ThrowIfNull(settings);
        var given = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (string part in settings.Split(',', StringSplitOptions.RemoveEmptyEntries))
        {
            int equals = part.IndexOf('=', StringComparison.Ordinal);
            if (equals <= 0) throw new ArgumentException($"'{Card.Name}:{settings}': expected settings as key=value, found '{part}'.");
            if (!given.TryAdd(part[..equals], part[(equals + 1)..])) throw new ArgumentException($"'{Card.Name}:{settings}': '{part[..equals]}' is given twice.");
        }
        return Policy(given);
    }

    /// <summary>Its name.</summary>
    public override string ToString() => Card.Name;

    /// <summary>A method's own settings without thaw triggers and warm-up, since a published method has none but its own.</summary>
    internal static FreezeOptions Options(int steps, int checkEvery) => FreezeOptions.WithoutTriggers with { RunSteps = steps, CheckEvery = Math.Max(1, checkEvery) };

    /// <summary>The same, with checks every so many epochs.</summary>
    internal static FreezeOptions EpochOptions(int steps, int epochs) => FreezeOptions.WithoutTriggers with { RunSteps = steps, CheckEpochs = epochs };

    /// <summary>A number as it is a setting's default.</summary>
    internal static string Text(double number) => number.ToString(CultureInfo.InvariantCulture);

    /// <summary>A number that must be in a range.</summary>
    internal static double InRange(string method, string name, double value, double least, double most) =>
        value >= least && value <= most ? value : throw new ArgumentOutOfRangeException(name, FormattableString.Invariant($"{method}: {name} must be in [{least}, {most}], found {value}."));

    /// <summary>A whole number that must be large enough.</summary>
    internal static int AtLeast(string method, string name, int value, int least) =>
        value >= least ? value : throw new ArgumentOutOfRangeException(name, $"{method}: {name} must be at least {least}, found {value}.");
}
