namespace ResearchFreeze.Autograd;

/// <summary>What counts its own passes and draws by their number, as dropout does.</summary>
internal interface IPassCounter
{
    /// <summary>Passes so far.</summary>
    long Passes { get; set; }
}
