return ResearchFreeze.Cli.FreezeCommand.Run(args);
