namespace ResearchFreeze.DynamicFreeze;

/// <summary>How many of the last checks a criterion takes the mean over.</summary>
internal static class LastChecks
{
    private const int Most = 1 << 16;

    /// <summary>The number, if a run could have as many.</summary>
    public static int Checked(string criterion, int checks) =>
        checks is >= 1 and <= Most ? checks : throw new ArgumentOutOfRangeException(nameof(checks), $"{criterion}: checks must be {(checks < 1 ? "at least 1" : $"at most {Most}")}, found {checks}.");
}
