//! A believable small workspace to start from.

use super::{SimState, User};

impl SimState {
    /// A handful of people in several time zones, the usual channels, and the group @oncall.
    pub fn seed_demo(&mut self) {
        let people = [
            User::person("ann")
                .real_name("Ann Okafor")
                .tz("Europe/London")
                .title("SRE, on call this week")
                .admin(),
            User::person("ben").real_name("Ben Ruiz").tz("America/New_York").title("Backend engineer"),
            User::person("chie").real_name("Chie Tanaka").tz("Asia/Tokyo").title("Platform engineer"),
            User::person("dev").real_name("Dev Patel").tz("Asia/Kolkata").title("Database engineer"),
            User::person("eva")
                .real_name("Eva Lindgren")
                .tz("Europe/Stockholm")
                .title("Head of engineering")
                .admin(),
            User::person("finn").real_name("Finn Moreau").tz("Europe/Paris").title("Support (guest)").guest(),
        ];
        for person in people {
            self.add_user(person);
        }
        let everyone: &[&str] = &["ann", "ben", "chie", "dev", "eva"];
        let bot = self.app.bot_user.clone();
        let with_bot: Vec<&str> = everyone.iter().copied().chain([bot.as_str()]).collect();
        let channels: [(&str, &[&str], &str); 5] = [
            ("general", &with_bot, "Company-wide announcements"),
            ("alerts", &with_bot, "What our monitoring says"),
            ("oncall", &["ann", "ben", "chie", "dev", &bot], "Hand-over, questions, pages"),
            ("incidents", &with_bot, "Every incident is announced here"),
            ("random", everyone, "Cats and coffee"),
        ];
        for (name, members, purpose) in channels {
            if let Ok(id) = self.add_channel(name, false, members)
                && let Some(channel) = self.channels.get_mut(&id)
            {
                channel.general = name == "general";
                channel.purpose.value = purpose.to_owned();
            }
        }
        self.add_group("oncall", "On call", &["ann", "ben"]);
        self.add_group("dba", "Database", &["dev"]);
        for user in everyone {
            if let Some(id) = self.user(user).map(|u| u.id.clone()) {
                self.app_direct(&id);
            }
        }
    }
}
